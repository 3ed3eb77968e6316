"""Whom movements of money are between: accounts of ours, and the other side."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.models import Base

from .sources import Source


class Party(Base):
    """What accounts and counterparties share: a name that their source knows them by."""

    CLASSIFIED = classify(internal="external_id")

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(Base.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.external_id


class Account(Party):
    """One of ours: the customer's account that a transaction moves."""

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", default=ROOT_ID)

    class Meta(Base.Meta):
        constraints: ClassVar = [models.UniqueConstraint("source", "external_id", name="transactions_account_once")]


class Counterparty(Party):
    """The other side: a merchant, a terminal, a beneficiary."""

    class Meta(Base.Meta):
        verbose_name_plural = "counterparties"
        constraints: ClassVar = [
            models.UniqueConstraint("source", "external_id", name="transactions_counterparty_once")
        ]
