"""The unit of investigation."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from finobs.core.access import GroupGrant, UserGrant
from finobs.core.models import Base, Versioned
from transactions.models import Account, Customer

from ..choices import CaseStatus, ItemKind, SubjectRole
from .work_items import WorkItem, item_history


class Case(WorkItem):
    """What is investigated: opened by escalating incidents, about subjects with roles, everything linked."""

    KIND = ItemKind.CASE

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="cases", null=True, blank=True)
    status = models.CharField(max_length=20, choices=CaseStatus, default=CaseStatus.NEW)
    history = item_history()

    class Meta(Base.Meta):
        ordering = ("-priority", "-id")
        permissions = (
            ("view_case", "See this case"),
            ("work_case", "Work this case"),
            ("lead_case", "Lead this case"),
        )
        indexes: ClassVar = [
            models.Index(fields=["queue", "status", "-priority", "-id"], name="cases_queue_order"),
            # A queue as people work it, and the next case of it: read in its order, without sorting thousands.
            models.Index(
                fields=["queue", "-priority", "-id"], condition=~Q(status="closed"), name="cases_queue_unfinished"
            ),
            # How many lie in a queue, and since when: counted in the index alone.
            models.Index(
                fields=["queue", "opened_at", "status"], condition=~Q(status="closed"), name="cases_queue_age"
            ),
            # Whatever their status: of each queue that somebody may see, and of all.
            models.Index(fields=["queue", "-priority", "-id"], name="cases_queue_priority"),
            models.Index(fields=["-priority", "-id"], name="cases_priority"),
            models.Index(fields=["assignee", "status"], name="cases_of_assignee"),
            models.Index(
                fields=["customer", "-id"], condition=Q(customer__isnull=False), name="cases_of_customer"
            ),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status="closed") | (~Q(disposition="") & ~Q(reason_code="") & Q(closed_at__isnull=False)),
                name="cases_closed_has_a_disposition",
            ),
        ]


class CaseSubject(Versioned):
    """A party or an account that a case is about, and what it is to it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="subjects")
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="case_subjects", null=True, blank=True
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="case_subjects", null=True, blank=True)
    role = models.CharField(max_length=12, choices=SubjectRole, default=SubjectRole.SUBJECT)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False, account__isnull=True)
                | Q(customer__isnull=True, account__isnull=False),
                name="cases_subject_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["case", "customer"], condition=Q(customer__isnull=False), name="cases_customer_once"
            ),
            models.UniqueConstraint(
                fields=["case", "account"], condition=Q(account__isnull=False), name="cases_account_once"
            ),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer}" if self.customer else f"account {self.account}"


class CaseUserGrant(UserGrant):
    """A need-to-know exception: what a person may do with one case."""

    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)


class CaseGroupGrant(GroupGrant):
    """The same for a group."""

    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)
