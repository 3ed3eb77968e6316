"""Rates of exchange, each of a day and of whoever published it. They never change."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Base


class ExchangeRateBatch(Base):
    """Rates that came in together. The ledger event of a batch commits to each rate's digest by `root`."""

    CLASSIFIED = classify(internal="file_name refusals root")

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(default=clock.now)
    received = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusals = models.JSONField(default=list, help_text="Each refused row as it came, with the reason.")
    root = models.BinaryField(max_length=32, null=True, help_text="RFC 6962 root over the accepted rates' digests.")
    actor_then = IdentityAt("actor", "received_at")

    class Meta(Base.Meta):
        ordering: ClassVar = ("-id",)
        verbose_name_plural = "exchange rate batches"

    def __str__(self) -> str:
        return f"Exchange rates {self.pk}"


class ExchangeRate(Base):
    """One unit of `base` is `rate` units of `quote`, on `date`, says `source`."""

    CLASSIFIED = classify(internal="base quote source")

    base = models.CharField(max_length=3, help_text="ISO 4217.")
    quote = models.CharField(max_length=3, help_text="ISO 4217.")
    rate = models.DecimalField(max_digits=24, decimal_places=12)
    date = models.DateField()
    source = models.CharField(max_length=40, help_text="Who published it, such as ECB.")
    batch = models.ForeignKey(ExchangeRateBatch, on_delete=models.PROTECT, related_name="rates")

    class Meta(Base.Meta):
        ordering: ClassVar = ("-date", "-id")
        constraints: ClassVar = [
            models.UniqueConstraint("base", "quote", "date", "source", name="transactions_rate_once"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="transactions_rate_above_zero"),
        ]
        indexes: ClassVar = [models.Index(fields=["date", "id"], name="transactions_rate_by_date")]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} on {self.date}"

    @property
    def rate_text(self) -> str:
        """All its places, and no zeros behind them."""
        return format(self.rate.normalize(), "f")
