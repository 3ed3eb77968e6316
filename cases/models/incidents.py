"""The unit of triage."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from detection.models import Alert
from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.models import Base
from transactions.models import Account, Delivery

from ..choices import GatheredBy, GatheringCause, IncidentOrigin, IncidentStatus, ItemKind
from .cases import Case
from .policies import WorkPolicyVersion
from .work_items import WorkItem, item_history


class Incident(WorkItem):
    """The alerts of one episode on one subject: what is triaged. Most end here, and the rest are escalated to a case.

    Two things may bring alerts to it: the gathering of detection's, and people. Once it is closed, awaits approval or
    has been escalated to a case that does, it takes no more: a successor is opened.
    """

    KIND = ItemKind.INCIDENT
    CLASSIFIED = classify(internal="is_sampled", personal="title")

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="incidents", null=True, blank=True, db_index=False
    )
    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="incidents", null=True, blank=True, db_index=False,
        help_text="What it is about, of one that faults of a delivery opened.",
    )  # fmt: skip
    title = models.CharField(
        max_length=200, blank=True, help_text="What it is about, of one that a person or a delivery opened."
    )
    origin = models.CharField(max_length=10, choices=IncidentOrigin, default=IncidentOrigin.DETECTION)
    status = models.CharField(max_length=20, choices=IncidentStatus, default=IncidentStatus.NEW)
    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="incidents", null=True, blank=True,
        help_text="What it was escalated to.",
    )  # fmt: skip
    first_at = models.DateTimeField(default=clock.now)
    last_at = models.DateTimeField(default=clock.now)
    # Drawn when it is opened, and told nobody, by its history and the ledger neither: whoever knew could choose what to
    # close.
    is_sampled = models.BooleanField(default=False, editable=False)
    history = item_history("is_sampled")

    class Meta(Base.Meta):
        ordering = ("-priority", "-id")
        indexes: ClassVar = [
            models.Index(fields=["-last_at", "-id"], name="cases_incident_latest"),
            models.Index(fields=["queue", "-last_at", "-id"], name="cases_incident_queue_latest"),
            models.Index(
                fields=["queue", "-priority", "-id"], condition=~Q(status__in=["closed", "escalated"]),
                name="cases_incident_unfinished",
            ),
            # How many lie in a queue, and since when: counted in the index alone.
            models.Index(
                fields=["queue", "opened_at", "status"], condition=~Q(status__in=["closed", "escalated"]),
                name="cases_incident_age",
            ),
            models.Index(fields=["queue", "-priority", "-id"], name="cases_incident_priority"),
            models.Index(fields=["assignee", "status"], name="cases_incident_of_assignee"),
            models.Index(fields=["account", "typology", "-last_at"], name="cases_incident_of_account"),
            models.Index(
                fields=["customer", "-last_at"], condition=Q(customer__isnull=False), name="cases_incident_of_customer"
            ),
            models.Index(
                fields=["delivery", "-id"], condition=Q(delivery__isnull=False), name="cases_incident_of_delivery"
            ),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status="closed") | (~Q(disposition="") & ~Q(reason_code="") & Q(closed_at__isnull=False)),
                name="cases_closed_incident_is_concluded",
            ),
            models.CheckConstraint(
                condition=~Q(status="escalated") | Q(case__isnull=False), name="cases_escalated_incident_has_a_case"
            ),
        ]


class CaseAlert(Base):
    """Which incident an alert belongs to, and the case that this was escalated to. Each alert is gathered once."""

    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, related_name="case_alert")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="case_alerts")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="case_alerts", null=True, blank=True)
    grouped_at = models.DateTimeField(default=clock.now)
    cause = models.CharField(max_length=10, choices=GatheringCause, default=GatheringCause.OPENED)
    policy_version = models.ForeignKey(
        WorkPolicyVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False,
        help_text="The version of the policy that gathered it; empty: as shipped.",
    )  # fmt: skip
    gathered_by = models.CharField(
        max_length=10, choices=GatheredBy, blank=True, help_text="Empty: gathered before this was kept."
    )
    across_typologies = models.BooleanField(default=False, help_text="Whether the policy gathered across typologies.")
    gap_seconds = models.BigIntegerField(
        null=True, blank=True,
        help_text="To the nearest of the alerts that it joined or succeeded: after the last of them, or negative "
        "before the first; 0 between them. Empty: there were none.",
    )  # fmt: skip
