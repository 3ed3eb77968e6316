"""Who may see the outcomes that reasons and explanations rest on.

They are of the counterparty's and the account's other transactions, whoever's those are: all of one source. So they are
for who may read figures of models (`model:read`, whose pages say which transactions were confirmed) and the data of the
unit that the source is in. Whoever reads a branch of it, works a queue, or feeds the source, is not cleared by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finobs.core import access, context
from transactions.models import Source

from ..ml.explain.outcome_phrases import tells_of_outcomes
from ..ml.explain.redaction import redact_explanation, redact_reasons, redact_snapshot
from ..models import Alert


class OutcomeClearance:
    """Of one reader: the sources whose outcomes they may see, asked for once, and only where it matters."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self._slugs: Mapping[int, str] | None = None

    def covers(self, source_id: int) -> bool:
        return source_id in self.sources

    def covers_alert(self, alert: Alert) -> bool:
        """What another system raised rests on nobody's outcomes here."""
        return alert.is_external or self.covers(alert.transaction.source_id)

    def covers_slug(self, slug: str) -> bool:
        return slug in self.sources.values()

    @property
    def sources(self) -> Mapping[int, str]:
        """Slugs by ids."""
        if self._slugs is None:
            rows = access.restrict(Source.objects.order_by(), self.user, "read_outcomes")
            self._slugs = dict(rows.values_list("pk", "slug"))
        return self._slugs


def clearance_of(user: Any) -> OutcomeClearance:
    """The same one for all of a page."""
    return context.memoize(("outcomes", user.pk), lambda: OutcomeClearance(user))


def visible_reasons(user: Any, alert: Alert) -> list[str]:
    """The reasons of an alert, those that rest on outcomes only for who may see these.

    Of one that another system raised, all that it gave: they rest on nobody's outcomes here.
    """
    if alert.is_external:
        return list(alert.external.reasons)
    if not any(map(tells_of_outcomes, alert.reasons)) or clearance_of(user).covers(alert.transaction.source_id):
        return list(alert.reasons)
    return redact_reasons(alert.reasons)


def visible_explanation(user: Any, source_id: int, explanation: Mapping[str, Any]) -> dict[str, Any]:
    """The explanation of a score that was given to a transaction of this source, in the same way."""
    return dict(explanation) if clearance_of(user).covers(source_id) else redact_explanation(explanation)


def redact_alert(user: Any, alert: Alert) -> Alert:
    """Take out of this instance, which nobody saves, what the reader may not see: alerts never change.

    The digest of its input goes too: counts are so small that they could be tried against it.
    """
    if clearance_of(user).covers_alert(alert):
        return alert
    alert.reasons, snapshot = redact_reasons(alert.reasons), redact_snapshot(alert.snapshot)
    if "withheld" in snapshot:
        alert.snapshot, alert.snapshot_digest = snapshot, ""
    if alert.explanation:
        alert.explanation = redact_explanation(alert.explanation)
    return alert
