"""What is known of accounts and counterparties beyond their ids.

Rows of their own, made when something is first said: an import that says nothing of them writes none, and accounts and
counterparties stay what ids stand for, without a version and a history for each that ever moved money.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.models import Base, Versioned

from ..choices import AccountKind, AccountStatus, CounterpartyKind
from .parties import Account, Counterparty
from .salts import new_salt


class PartyDetails(Versioned):
    """What both share. `salt`: what the ledger says of people is under it."""

    CLASSIFIED = classify(personal="name", secrets="salt")

    name = models.CharField(max_length=140, blank=True)
    salt = models.BinaryField(max_length=32, default=new_salt, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(Versioned.Meta):
        abstract = True


class AccountDetails(PartyDetails):
    """What kind of account it is, in which currency, since when and until when, and what state it is in."""

    CLASSIFIED = classify(internal="currency opened_on closed_on")

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="details")
    kind = models.CharField(max_length=10, choices=AccountKind, blank=True)
    currency = models.CharField(max_length=3, blank=True, help_text="ISO 4217.")
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=7, choices=AccountStatus, blank=True)
    history = HistoricalRecords(excluded_fields=["salt"])

    class Meta(Base.Meta):
        verbose_name_plural = "account details"
        indexes: ClassVar = [models.Index(fields=["status", "account"], name="transactions_account_state")]

    def __str__(self) -> str:
        return f"Details of account {self.account_id}"


class CounterpartyDetails(PartyDetails):
    """Who the other side is: its name, country, bank, and the number of its account there."""

    CLASSIFIED = classify(internal="country", personal="bank account_number")

    counterparty = models.OneToOneField(
        Counterparty, on_delete=models.PROTECT, primary_key=True, related_name="details"
    )
    kind = models.CharField(max_length=12, choices=CounterpartyKind, default=CounterpartyKind.UNKNOWN)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1.")
    bank = models.CharField(max_length=140, blank=True, help_text="BIC or name.")
    account_number = models.CharField(max_length=100, blank=True)
    history = HistoricalRecords(excluded_fields=["salt"])

    class Meta(Base.Meta):
        verbose_name_plural = "counterparty details"
        indexes: ClassVar = [
            models.Index(fields=["country", "counterparty"], name="transactions_cpty_country"),
            models.Index(fields=["kind", "counterparty"], name="transactions_cpty_kind"),
        ]

    def __str__(self) -> str:
        return f"Details of counterparty {self.counterparty_id}"
