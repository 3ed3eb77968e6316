"""Checkpoints and alarms."""

from __future__ import annotations

from django.conf import settings

from finobs.core import clock
from finobs.ledger import keys, note
from finobs.ledger.choices import AlarmKind
from finobs.ledger.models import Alarm
from finobs.ledger.note import Statement
from finobs.ledger.services.witness import alarm_settle, checkpoint_compare
from tests import factories

from .scene import (
    REASON,
    Scene,
    by_admin,
    scene,
)


@scene
def of_checkpoint_compare() -> Scene:
    text = note.sign(Statement(settings.LEDGER_ORIGIN, 1, bytes(32)).text(), keys.signing_keys())
    # Whoever reads the ledger may find it wrong, and so raise an alarm; a token that reads may not.
    person = factories.user("Aud Auditor", role="auditor")
    return Scene(person, lambda actor: checkpoint_compare(actor=actor, note=text), takes_tokens=False)


@scene
def of_alarm_settle() -> Scene:
    alarm = Alarm.objects.create(kind=AlarmKind.KEY, detail="the key is gone", raised_at=clock.now())
    return by_admin(lambda actor: alarm_settle(actor=actor, alarm_id=alarm.pk, reason=REASON))
