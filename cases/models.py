"""Queues, and the incidents and cases worked from them."""

from __future__ import annotations

import hashlib
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from detection.choices import Typology
from detection.models import Alert
from finobs.core import clock
from finobs.core.access import GroupGrant, UserGrant
from finobs.core.identity import IdentityAt
from finobs.core.models import Base, Timestamped, Versioned
from transactions.models import Account

from .choices import CaseStatus, Disposition, MachineOpinion, ReasonCode


class Queue(Versioned):
    """Where cases wait. People see, work or lead a queue by grants on it."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    typologies = models.JSONField(default=list, blank=True, help_text="Cases of these typologies come here.")
    is_default = models.BooleanField("takes what no other queue takes", default=False)
    lease_minutes = models.PositiveSmallIntegerField(default=30, help_text="How long a case taken from here is held.")
    alerts_a_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many alerts a day its people can review. Empty: not set."
    )
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("name",)
        permissions = (
            ("view_queue", "See the queue's cases"),
            ("work_queue", "Work the queue's cases"),
            ("lead_queue", "Lead the queue: approve and reassign"),
        )
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="cases_one_default_queue")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def typology_labels(self) -> list[str]:
        """Its typologies in words."""
        return [str(dict(Typology.choices).get(name, name)) for name in self.typologies]


class QueueUserGrant(UserGrant):
    """What a person may do with a queue."""

    content_object = models.ForeignKey(Queue, on_delete=models.CASCADE)


class QueueGroupGrant(GroupGrant):
    """What a group may do with a queue."""

    content_object = models.ForeignKey(Queue, on_delete=models.CASCADE)


class Case(Versioned, Timestamped):
    """The unit of investigation: one account, one typology, everything linked.

    Three axes, kept apart: `status` (where the work is), `disposition` (what was concluded), `machine_opinion`
    (what a model or agent thinks). `version` rises with every change a person could have missed.
    """

    reference = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="cases")
    typology = models.CharField(max_length=40, choices=Typology)
    # cases_queue_order begins with it.
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="cases", db_index=False)
    status = models.CharField(max_length=20, choices=CaseStatus, default=CaseStatus.NEW)
    disposition = models.CharField(max_length=20, choices=Disposition, default=Disposition.UNSET, blank=True)
    reason_code = models.CharField(max_length=30, choices=ReasonCode, blank=True)
    rationale = models.TextField(blank=True)
    machine_opinion = models.CharField(max_length=30, choices=MachineOpinion, default=MachineOpinion.NONE, blank=True)
    priority = models.PositiveSmallIntegerField(default=0, help_text="0 to 100; the sum of its parts.")
    priority_parts = models.JSONField(default=dict)
    alert_count = models.PositiveIntegerField(default=0)
    block_count = models.PositiveIntegerField(default=0, help_text="How many of its alerts said block.")
    urgency = models.FloatField(null=True, help_text="0 to 1: how far a model's score lies above its threshold.")
    amounts = models.JSONField(default=dict, help_text="Currency: alerted minor units, as text.")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assigned_cases", null=True, blank=True
    )
    last_edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("-priority", "-id")
        permissions = (
            ("view_case", "See this case"),
            ("work_case", "Work this case"),
            ("lead_case", "Lead this case"),
        )
        indexes: ClassVar = [
            models.Index(fields=["queue", "status", "-priority", "-id"], name="cases_queue_order"),
            models.Index(fields=["assignee", "status"], name="cases_of_assignee"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                # Grouping and a closing may meet: the database holds that an account has one open case of a typology.
                fields=["account", "typology"],
                condition=~Q(status="closed"),
                name="cases_one_open_case",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | (~Q(disposition="") & ~Q(reason_code="") & Q(closed_at__isnull=False)),
                name="cases_closed_has_a_disposition",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def current_lease(self) -> WorkLease | None:
        """Who holds it now; an expired lease is none."""
        lease: WorkLease | None = getattr(self, "lease", None)
        return lease if lease is not None and lease.expires_at > clock.now() else None


class CaseUserGrant(UserGrant):
    """A need-to-know exception: what a person may do with one case."""

    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)


class CaseGroupGrant(GroupGrant):
    """The same for a group."""

    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)


class Incident(Versioned, Timestamped):
    """One burst: alerts of one account and typology, each within a day of the one before."""

    reference = models.CharField(max_length=20, unique=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="incidents")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    alert_count = models.PositiveIntegerField(default=0)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("-last_at", "-id")

    def __str__(self) -> str:
        return self.reference


class CaseAlert(Base):
    """Which incident and case an alert belongs to. Each alert is grouped once."""

    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, related_name="case_alert")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="case_alerts")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="case_alerts")
    grouped_at = models.DateTimeField(default=clock.now)


class WorkLease(Base):
    """Who holds a case, until when. One case, one holder: nobody is handed a case that another works on."""

    # One row for each case, updated in place: two holders cannot be written down.
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="lease")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leases")
    taken_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()


class Note(Base):
    """What somebody found or thought. Never changed, never deleted: a correction is another note."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(default=clock.now)
    author_then = IdentityAt("author", "created_at")

    class Meta(Base.Meta):
        ordering = ("id",)

    @property
    def sha256(self) -> str:
        """The digest by which the ledger and approvals know its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()
