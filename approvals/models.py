"""Requests for a second pair of eyes, and what those eyes decided.

A request is bound to the digest of the snapshot that is shown, is used once, expires, and is void when its subject
changes. That nobody decides what they asked for or last edited is a check and a trigger in the database too.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Base, Versioned

from . import registry
from .choices import RequestState, Vote


class ApprovalPolicy(Versioned):
    """How many must agree to an action, and for how long a request stands. Without a row: one, 72 hours."""

    CLASSIFIED = classify(internal="action")

    action = models.CharField(max_length=80, unique=True)
    quorum = models.PositiveSmallIntegerField(default=1, help_text="How many different people must approve.")
    expires_after_hours = models.PositiveIntegerField(default=72)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        verbose_name = "approval policy"
        verbose_name_plural = "approval policies"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quorum__gte=1), name="approvals_policy_quorum"),
            models.CheckConstraint(condition=Q(expires_after_hours__gte=1), name="approvals_policy_expiry"),
        ]

    def __str__(self) -> str:
        return self.action


class ApprovalRequest(Versioned):
    """Somebody asks that `action` be done to the subject with `payload`; `snapshot` is what approvers see."""

    CLASSIFIED = classify(internal="action subject_type subject_id subject_label payload snapshot digest end_reason")

    action = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    subject_label = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    snapshot = models.JSONField(help_text="Exactly what approvers are shown; the digest is of its canonical bytes.")
    digest = models.CharField(max_length=64)
    quorum = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.PENDING)
    end_reason = models.TextField(blank=True, help_text="Why it ended as it did.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    last_edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    requested_by_then = IdentityAt("requested_by", "created_at")
    last_edited_by_then = IdentityAt("last_edited_by", "created_at")
    # They never change, but for being emptied with whom they are about: a trigger refuses it.
    history = HistoricalRecords(excluded_fields=["snapshot", "payload"])

    class Meta(Base.Meta):
        verbose_name = "approval request"
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="approvals_request_state"),
            models.Index(fields=["subject_type", "subject_id", "-id"], name="approvals_request_subject"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["action", "subject_type", "subject_id"],
                condition=Q(state=RequestState.PENDING),
                name="approvals_one_open_request",
            )
        ]

    def __str__(self) -> str:
        return f"{self.action}: {self.subject_label}"

    @property
    def action_label(self) -> str:
        return registry.get(self.action).label

    @property
    def approver_summary(self) -> list[tuple[str, str]]:
        """What is shown, as (label, text); empty when its action has no words of its own."""
        if not self.snapshot:
            return [("Erased", "What was asked for is not kept: whom it was about was erased.")]
        return registry.get(self.action).approver_summary(self.snapshot)

    @property
    def subject_url(self) -> str:
        """The page of what it is about; empty when there is none."""
        return registry.get(self.action).url(self)


class ApprovalDecision(Base):
    """One person's vote. Requester and last editor are repeated here so that the database can refuse them."""

    CLASSIFIED = classify(internal="reason digest")

    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="decisions")
    vote = models.CharField(max_length=10, choices=Vote)
    reason = models.TextField(blank=True)
    digest = models.CharField(max_length=64, help_text="Of what this person was shown; equal to the request's.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    last_edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(default=clock.now)
    decided_by_then = IdentityAt("decided_by", "decided_at")

    class Meta(Base.Meta):
        ordering = ("id",)
        constraints: ClassVar = [
            # SEC-11, and below: what holds even for somebody who goes around the services.
            models.UniqueConstraint(fields=["request", "decided_by"], name="approvals_one_decision_each"),
            models.CheckConstraint(condition=~Q(decided_by=F("requested_by")), name="approvals_not_the_requester"),
            models.CheckConstraint(
                condition=Q(last_edited_by__isnull=True) | ~Q(decided_by=F("last_edited_by")),
                name="approvals_not_the_last_editor",
            ),
        ]
