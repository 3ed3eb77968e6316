"""Who pays whom, where a row says it."""

from __future__ import annotations

from django.db import models

from finobs.core.classification import classify
from finobs.core.models import Base

from .salts import new_salt
from .transactions import Transaction


class PaymentParties(Base):
    """Originator, beneficiary and counterparty of a transaction, as its row names them. Written only where it does.

    Each an object of name, account, bank, address and country, as far as they are said. The digest of the row says them
    under `salt` alone: erased together, nobody can try names against it, and the ledger still verifies.
    """

    CLASSIFIED = classify(personal="originator beneficiary counterparty", secrets="salt")

    transaction = models.OneToOneField(
        Transaction, on_delete=models.PROTECT, primary_key=True, related_name="payment_parties"
    )
    originator = models.JSONField(default=dict, blank=True)
    beneficiary = models.JSONField(default=dict, blank=True)
    counterparty = models.JSONField(default=dict, blank=True)
    salt = models.BinaryField(max_length=32, default=new_salt)

    class Meta(Base.Meta):
        verbose_name_plural = "payment parties"

    def __str__(self) -> str:
        return f"Parties of transaction {self.transaction_id}"
