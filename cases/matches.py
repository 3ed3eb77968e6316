"""Why an alert lies in its incident: what it shares with the others, how near it is to them, and by which policy."""

from __future__ import annotations

from datetime import timedelta

from finobs.core.templatetags.finobs import span
from finobs.ledger.canonical import Canonical

from .models import CaseAlert


def match_data(row: CaseAlert) -> dict[str, Canonical]:
    """What an event says of how an alert was gathered; `policy_version` is None where the policy is as shipped."""
    return {
        "alert": str(row.alert_id),
        "cause": str(row.cause),
        "gathered_by": str(row.gathered_by),
        "across_typologies": row.across_typologies,
        "gap_seconds": row.gap_seconds,
        "policy_version": str(row.policy_version_id) if row.policy_version_id else None,
    }


def match_text(row: CaseAlert) -> str:
    """ "Joined it: same customer, 3 h after the one before, policy version 2"."""
    cause = row.get_cause_display()
    if not row.gathered_by:
        return cause
    is_with_others = row.gap_seconds is not None
    facts = [
        row.get_gathered_by_display() if is_with_others else f"by {row.gathered_by}",
        "across typologies" if row.across_typologies else "",
        _gap_text(row.gap_seconds),
        f"policy version {row.policy_version.number}" if row.policy_version else "policy as shipped",
    ]
    return f"{cause}: {', '.join(filter(None, facts))}"


def _gap_text(seconds: int | None) -> str:
    if seconds is None:
        return ""
    if seconds == 0:
        return "at the time of others"
    length = span(timedelta(seconds=abs(seconds)))
    return f"{length} after the one before" if seconds > 0 else f"{length} before the first"
