"""Events, their leaves in the Merkle tree, and the signed checkpoints. Append-only: triggers refuse all else."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property

from finobs.accounts.models import OrgUnit
from finobs.core.classification import classify
from finobs.core.models import Base

from .actors import EventActor, event_actor
from .choices import AlarmKind


class Event(Base):
    """One act: who did what, to what, on what evidence. `body` is the record; the other columns find it."""

    CLASSIFIED = classify(internal="action actor_type subject_type subject_id request_id leaf", staff="body")

    uid = models.UUIDField(unique=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    # ledger_event_actor begins with it.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    actor_type = models.CharField(max_length=10)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64, blank=True)
    # Whose it is: not in the body, which says what was done. None: the organisation's, or from before there were units.
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    body = models.BinaryField(help_text="Canonical bytes (RFC 8785)")
    leaf = models.BinaryField(max_length=32, help_text="SHA-256(0x00 || body), RFC 6962")

    class Meta(Base.Meta):
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="ledger_event_subject"),
            models.Index(fields=["actor", "id"], name="ledger_event_actor"),
            models.Index(fields=["action", "id"], name="ledger_event_action"),
            models.Index(fields=["unit", "id"], name="ledger_event_unit"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(actor_type=""), name="ledger_event_has_actor_type"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"

    @cached_property
    def actor_then(self) -> EventActor:
        """Who did it, as they were then."""
        return event_actor(bytes(self.body), self.actor)


class PendingEvent(Base):
    """Events not sealed yet. Filled by a trigger; a disposable queue, rebuilt by an anti-join."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, primary_key=True, related_name="pending")


class TreeLeaf(Base):
    """The place of an event in the tree: `seq` counts from 0 without a gap, by construction."""

    CLASSIFIED = classify(internal="leaf")

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="place")
    leaf = models.BinaryField(max_length=32)


class TreeNode(Base):
    """A full subtree of 2**8, 2**16, ... leaves, kept so that a proof reads hundreds of rows, not millions."""

    CLASSIFIED = classify(internal="hash")

    height = models.PositiveSmallIntegerField()
    position = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta(Base.Meta):
        constraints: ClassVar = [models.UniqueConstraint("height", "position", name="ledger_node_place")]


class Checkpoint(Base):
    """A signed statement of the tree at one size (C2SP signed note). `frontier` lets the sealer go on from here."""

    CLASSIFIED = classify(internal="root frontier note")

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField()
    note = models.TextField()
    sealed_at = models.DateTimeField()

    class Meta(Base.Meta):
        ordering = ("-size",)

    def __str__(self) -> str:
        return f"Checkpoint at {self.size}"


class Alarm(Base):
    """The sealer has seen what must not be, and signs nothing until a person has settled it."""

    CLASSIFIED = classify(internal="detail evidence settled_reason")

    kind = models.CharField(max_length=20, choices=AlarmKind)
    detail = models.TextField()
    evidence = models.TextField(blank=True, help_text="The signed notes that contradict each other")
    raised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_reason = models.TextField(blank=True)

    class Meta(Base.Meta):
        ordering = ("-raised_at", "-id")
        constraints: ClassVar = [
            # The sealer looks each second: what it sees again is the same alarm.
            models.UniqueConstraint("kind", condition=models.Q(settled_at=None), name="ledger_alarm_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.detail}"
