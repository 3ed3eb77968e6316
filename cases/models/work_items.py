"""What incidents and cases share: both lie in a queue, are held by one person at a time, and end with a conclusion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.models import Base, Timestamped, Versioned
from transactions.models import Customer, new_salt

from ..choices import Disposition, MachineOpinion
from .policies import WorkPolicyVersion
from .queues import Queue

if TYPE_CHECKING:
    from transactions.models import Account

    from .work import WorkLease


def item_history(*excluded: str) -> HistoricalRecords:
    """The history of one kind of work item, which keeps the reasons that people give for a step whole."""
    return HistoricalRecords(
        excluded_fields=["salt", *excluded], history_change_reason_field=models.TextField(null=True)
    )


class WorkItem(Versioned, Timestamped):
    """One thing to be worked. `version` rises with every change that a person could have missed.

    Kept apart: `status` (where the work is), `disposition` (what was concluded) and `machine_opinion` (what a model or
    agent thinks). What people write of it is personal: the ledger commits to it under `salt`, and both are erased with
    whom it is about.
    """

    KIND: ClassVar[str]
    # Services name their acts; which columns an act writes (a note, who edited last) tells a reader nothing.
    HISTORY_SAYS_ACTS = True
    CLASSIFIED = classify(
        internal="reference typology disposition reason_code priority priority_parts alert_count block_count urgency "
        "amounts",
        personal="rationale waiting_for",
        secrets="salt",
    )
    if TYPE_CHECKING:
        # Each kind has its own; both have these.
        status: models.CharField[str, str]
        account: models.ForeignKey[Account | None, Account | None]
        account_id: int | None
        case_alerts: Any
        notes: Any

        def get_status_display(self) -> str: ...

    reference = models.CharField(max_length=20, unique=True)
    typology = models.CharField(max_length=40)
    # Who it is about, where that is known; else it is about the account.
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="%(class)ss", null=True, blank=True, db_index=False
    )
    # An index of the queue's order begins with it.
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="%(class)ss", db_index=False)
    # That of the account, when the item was opened.
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", default=ROOT_ID, db_index=False)
    predecessor = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="successors", null=True, blank=True,
        help_text="What could take no more alerts, so that this was opened.",
    )  # fmt: skip
    disposition = models.CharField(max_length=40, default=Disposition.UNSET, blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    rationale = models.TextField(blank=True)
    concluded_by_version = models.ForeignKey(
        WorkPolicyVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False,
        db_index=False, help_text="The version of the programme whose words the conclusion uses; empty: as shipped.",
    )  # fmt: skip
    machine_opinion = models.CharField(max_length=30, choices=MachineOpinion, default=MachineOpinion.NONE, blank=True)
    priority = models.PositiveSmallIntegerField(default=0, help_text="0 to 100; the sum of its parts.")
    priority_parts = models.JSONField(default=dict)
    alert_count = models.PositiveIntegerField(default=0)
    block_count = models.PositiveIntegerField(default=0, help_text="How many of its alerts said block.")
    urgency = models.FloatField(null=True, help_text="0 to 1: how far a model's score lies above its threshold.")
    amounts = models.JSONField(default=dict, help_text="Currency: alerted minor units, as text.")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assigned_%(class)ss", null=True, blank=True
    )
    last_edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    waiting_for = models.CharField(max_length=200, blank=True, help_text="What the work waits for.")
    waiting_until = models.DateTimeField(null=True, blank=True, help_text="When somebody looks again at the latest.")
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    salt = models.BinaryField(max_length=32, default=new_salt, editable=False)

    class Meta(Base.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.reference

    @property
    def subject_ids(self) -> tuple[int | None, int | None]:
        """(customer, account): the customer that it is about, or else the account; two None of one about nobody
        known."""
        return self.customer_id, None if self.customer_id else self.account_id

    @property
    def current_lease(self) -> WorkLease | None:
        """Who holds it now; an expired lease is none."""
        lease: WorkLease | None = getattr(self, "lease", None)
        return lease if lease is not None and lease.expires_at > clock.now() else None
