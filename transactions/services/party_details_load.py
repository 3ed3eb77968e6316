"""What is known of many accounts and counterparties of a source at once: a feed's master data, not a person's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finobs.accounts.models import User
from finobs.core import history
from finobs.core.errors import Invalid
from finobs.core.reasons import optional_reason
from finobs.core.service import service
from finobs.ledger.services import NewEvent, record_many

from ..models import Account, AccountDetails, Counterparty, CounterpartyDetails, PartyDetails, Source
from .ingest import require_ingest
from .party_details import ACCOUNT_FIELDS, COUNTERPARTY_FIELDS, apply_fields, check_account, check_counterparty
from .row_batch import MAX_BATCH_SIZE

# What is said of each, by its id at the source: field and value.
Statements = Mapping[str, Mapping[str, Any]]


@service
def account_details_load(*, actor: User, source: Source, statements: Statements, reason: str = "") -> int:
    """Say what is known of up to 10,000 accounts of a source, as `account_change` does of one; how many changed.

    Who may: `transaction:create`, with a grant to feed the source's unit. Records `account.change` for each that
    changes, with old and new values, the name by its digest. Raises Invalid for ids that are not there and for values
    that do not hold; then nothing is changed.
    """
    require_ingest(actor, source)
    parties = _parties(Account, source, statements)
    existing = AccountDetails.objects.in_bulk(list(parties))
    details = {key: existing.get(key) or AccountDetails(account=party) for key, party in parties.items()}
    changed = [
        each
        for key, each in details.items()
        if apply_fields(each, statements[parties[key].external_id], ACCOUNT_FIELDS, check_account)
    ]
    return _save(actor, source, changed, ACCOUNT_FIELDS, "account.change", reason)


@service
def counterparty_details_load(*, actor: User, source: Source, statements: Statements, reason: str = "") -> int:
    """Say what is known of up to 10,000 counterparties of a source, as `counterparty_change` does of one; how many
    changed.

    Who may, and what is raised: as `account_details_load`. Records `counterparty.change` for each that changes; name,
    bank and number of the account by their digests.
    """
    require_ingest(actor, source)
    parties = _parties(Counterparty, source, statements)
    existing = CounterpartyDetails.objects.in_bulk(list(parties))
    details = {key: existing.get(key) or CounterpartyDetails(counterparty=party) for key, party in parties.items()}
    changed = [
        each
        for key, each in details.items()
        if apply_fields(each, statements[parties[key].external_id], COUNTERPARTY_FIELDS, check_counterparty)
    ]
    return _save(actor, source, changed, COUNTERPARTY_FIELDS, "counterparty.change", reason)


def _parties(model: Any, source: Source, statements: Statements) -> dict[int, Any]:
    """Those that are named, by their keys, locked in the order of these. Raises Invalid."""
    if len(statements) > MAX_BATCH_SIZE:
        raise Invalid(f"{len(statements):,} are more than are changed at once ({MAX_BATCH_SIZE:,}).")
    rows = model.objects.select_for_update(no_key=True).filter(source=source, external_id__in=sorted(statements))
    parties = {row.pk: row for row in rows.order_by("pk")}
    if missing := sorted(statements.keys() - {row.external_id for row in parties.values()}):
        raise Invalid(f"{source} has no {model._meta.verbose_name} {', '.join(missing[:5])}.")
    return parties


def _save(
    actor: User, source: Source, changed: Sequence[PartyDetails], names: tuple[str, ...], action: str, reason: str
) -> int:  # fmt: skip
    if changed:
        reason = optional_reason(reason)
        new = [each for each in changed if each._state.adding]
        values_of_new = [{name: getattr(each, name) for name in names} for each in new]
        for each in new:
            _empty(each, names)
        # Empty first: so the event and the history say each value as a change, personal ones by their digest.
        history.bulk_create(new, actor=actor, reason="first said")
        for each, values in zip(new, values_of_new, strict=True):
            for name, value in values.items():
                setattr(each, name, value)
        history.bulk_update(changed, fields=names, actor=actor, reason=reason or "changed")
        data = {"source": source.slug, "reason": reason}
        entries = [NewEvent(action, each, {**data, "party": str(each.pk)}) for each in changed]
        record_many(actor=actor, entries=entries)
    return len(changed)


def _empty(details: PartyDetails, names: tuple[str, ...]) -> None:
    blank = type(details)()
    for name in names:
        setattr(details, name, getattr(blank, name))
