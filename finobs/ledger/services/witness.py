"""What others hold of this log: an auditor's checkpoint is compared with ours, and a person settles an alarm."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from finobs.core import access, clock
from finobs.core.errors import Invalid
from finobs.core.reads import first_or_not_found
from finobs.core.reasons import require_reason
from finobs.core.service import service

from .. import keys, last_signed, tree
from ..choices import AlarmKind
from ..models import Alarm, Checkpoint
from ..note import NoteError, open_checkpoint
from .record import record
from .seal import raise_alarm

SETTLE_ELSEWHERE_MESSAGE = (
    "The sealer remembers a later checkpoint, beside the signing key, which this process cannot read: settle this "
    "alarm where the sealer runs (docker compose run --rm sealer python manage.py ledger_alarm settle ...)."
)


@service
def checkpoint_compare(*, actor: Any, note: str) -> bool:
    """Compare a checkpoint from outside with this log; False, and an alarm that stops signing, if they differ.

    Who may: audit:read. Raises Invalid if no trusted key has signed the note: a stranger's note proves nothing.
    """
    access.require(actor, "view", Checkpoint)
    try:
        theirs = open_checkpoint(note, keys.verifier_keys(), settings.LEDGER_ORIGIN)
    except NoteError as error:
        raise Invalid(f"This checkpoint proves nothing here: {error}.") from error
    ours = Checkpoint.objects.first()
    if ours is None or theirs.size > ours.size:
        raise_alarm(AlarmKind.SHRUNK, f"size {theirs.size} has been signed, but the log is shorter", note)
        return False
    # AUD-4: two roots of one size are two histories; nothing is signed until a person has settled it.
    if tree.root_at(theirs.size) == theirs.root:
        return True
    evidence = Checkpoint.objects.filter(size=theirs.size).values_list("note", flat=True).first()
    raise_alarm(
        AlarmKind.EQUIVOCATION, f"two roots have been signed at size {theirs.size}", f"{note}\n{evidence or ours.note}"
    )
    return False


@service
def alarm_settle(*, actor: Any, alarm_id: int, reason: str) -> Alarm:
    """A person answers for an alarm; the sealer signs again.

    After SHRUNK and EQUIVOCATION the note that the sealer remembers is let go of. It is out of the database's reach
    on purpose, so these two are settled where the sealer runs; elsewhere Invalid.
    Who may: system:config. Records `ledger.alarm_settle` with the evidence, sealed with what follows.
    """
    access.require(actor, "settle", Alarm)
    reason = require_reason(reason)
    open_alarms = Alarm.objects.select_for_update().filter(settled_at=None)
    alarm = first_or_not_found(open_alarms.filter(pk=alarm_id), "There is no such open alarm.")
    forgets = alarm.kind in (AlarmKind.SHRUNK, AlarmKind.EQUIVOCATION)
    if forgets and not keys.signing_keys():
        raise Invalid(SETTLE_ELSEWHERE_MESSAGE)
    alarm.settled_at, alarm.settled_reason = clock.now(), reason
    alarm.save()
    data = {"kind": alarm.kind, "detail": alarm.detail, "evidence": alarm.evidence, "reason": reason}
    record(actor=actor, action="ledger.alarm_settle", subject=alarm, data=data)
    if forgets:
        # A file cannot be rolled back with the rest.
        transaction.on_commit(last_signed.delete)
    return alarm
