"""Who stands behind accounts: customers, what is asserted of them, and how they are tied to accounts and to each other.

All of it is bitemporal: when it holds (`valid_from`), and when finobs learned of it (`recorded_at`). What was asserted
once stays as it was said; a correction is a further assertion.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from finobs.accounts.models import OrgUnit
from finobs.accounts.names import MAX_NAME_KEY_LENGTH
from finobs.accounts.org_units import ROOT_ID
from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Base, Versioned

from ..choices import CustomerKind, PartyRole, RelationKind, RiskRating
from .batches import Batch
from .parties import Account
from .salts import new_salt
from .sources import Source

# 100 %, of what a share says.
WHOLE_SHARE = 10_000


class Customer(Versioned):
    """A person or an organisation. The columns beside the ids are the profile of the latest `valid_from`, for lists.

    What all of it says at any date, and said at any moment, is in `profiles`.
    """

    CLASSIFIED = classify(
        internal="external_id",
        personal="name name_key country segment risk_rating is_pep is_sanctioned onboarded_on exited_on",
        secrets="salt",
    )

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=100)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", default=ROOT_ID, db_index=False)
    kind = models.CharField(max_length=12, choices=CustomerKind)
    salt = models.BinaryField(max_length=32, default=new_salt, help_text="What the ledger says of them is under it.")
    name = models.CharField(max_length=200, blank=True)
    name_key = models.CharField(max_length=MAX_NAME_KEY_LENGTH, blank=True, editable=False)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1: residence, or incorporation.")
    segment = models.CharField(max_length=40, blank=True)
    risk_rating = models.CharField(max_length=10, choices=RiskRating, blank=True)
    is_pep = models.BooleanField("politically exposed", default=False)
    is_sanctioned = models.BooleanField("sanctioned", default=False)
    onboarded_on = models.DateField(null=True, blank=True)
    exited_on = models.DateField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    history = HistoricalRecords(excluded_fields=["salt"])

    class Meta(Base.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "external_id"], name="transactions_customer_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "-id"], name="transactions_customer_unit"),
            # Who may be a counterparty of that name.
            models.Index(fields=["name_key"], name="transactions_customer_name"),
        ]

    def __str__(self) -> str:
        # No name: this text goes into events, requests for approval and logs, which outlive the customer's data.
        return self.external_id


class Assertion(Base):
    """Something that was said at `recorded_at` and holds from `valid_from`. Never changes.

    digest: HMAC-SHA-256 of its content under the customer's salt; the ledger commits to it. position: its place among
    the accepted rows of `batch`; an assertion of a person has neither.
    """

    CLASSIFIED = classify(internal="valid_from position digest")

    valid_from = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    digest = models.BinaryField(max_length=32)
    recorder_then = IdentityAt("recorded_by", "recorded_at")

    class Meta(Base.Meta):
        abstract = True
        ordering: ClassVar = ("-id",)


class CustomerProfile(Assertion):
    """What is asserted of a customer from a date on, whole (`parties.profile` says which fields there are)."""

    CLASSIFIED = classify(personal="profile reason")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="profiles", db_index=False)
    profile = models.JSONField(default=dict)
    reason = models.TextField(blank=True, help_text="Of a correction by a person.")

    class Meta(Assertion.Meta):
        indexes: ClassVar = [
            models.Index(fields=["customer", "valid_from", "recorded_at", "id"], name="transactions_profile_as_at")
        ]

    def __str__(self) -> str:
        return f"Profile {self.pk}"


class Tie(Assertion):
    """A tie holds from `valid_from` to the end of `valid_until`, and is believed until `withdrawn_at`.

    A change of a tie withdraws what was said and says it anew, so that both can be read as of their time.
    """

    valid_until = models.DateField(null=True, blank=True, help_text="The last day on which it holds; empty: no end.")
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )

    # What is tied and how: the fields that a tie has besides those that all ties have.
    CONTENT_FIELDS: ClassVar[tuple[str, ...]]
    # Whom it is said of: it belongs to them, and its digest is under their salt.
    customer: models.ForeignKey[Any, Any]

    class Meta(Assertion.Meta):
        abstract = True

    @property
    def content(self) -> dict[str, Any]:
        """What is tied and how; customers and accounts by their ids at the source."""
        values = {name: getattr(self, name) for name in self.CONTENT_FIELDS}
        return {name: getattr(value, "external_id", value) for name, value in values.items()}


class AccountParty(Tie):
    """What a customer is to an account."""

    CONTENT_FIELDS = ("account", "customer", "role")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="parties", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="account_ties", db_index=False)
    role = models.CharField(max_length=16, choices=PartyRole)

    class Meta(Tie.Meta):
        verbose_name = "account party"
        verbose_name_plural = "account parties"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "customer", "role", "valid_from"], condition=Q(withdrawn_at=None),
                name="transactions_party_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="transactions_party_period"
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            models.Index(fields=["account", "-id"], name="transactions_party_account"),
            models.Index(fields=["customer", "-id"], name="transactions_party_customer"),
        ]

    def __str__(self) -> str:
        return f"Account party {self.pk}"


class PartyRelation(Tie):
    """What a customer is to another one: `customer` owns or controls `other`, or lives in one household with them."""

    CONTENT_FIELDS = ("customer", "other", "kind", "share")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="relations", db_index=False)
    other = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="relations_to", db_index=False)
    kind = models.CharField(max_length=10, choices=RelationKind)
    share = models.PositiveIntegerField(null=True, blank=True, help_text="In basis points: 2,500 is a quarter.")

    class Meta(Tie.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "other", "kind", "valid_from"], condition=Q(withdrawn_at=None),
                name="transactions_relation_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="transactions_relation_period",
            ),
            models.CheckConstraint(condition=~Q(customer=F("other")), name="transactions_relation_to_another"),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__lte=WHOLE_SHARE), name="transactions_relation_share"
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            models.Index(fields=["customer", "-id"], name="transactions_relation_from"),
            models.Index(fields=["other", "-id"], name="transactions_relation_to"),
        ]

    def __str__(self) -> str:
        return f"Relation {self.pk}"
