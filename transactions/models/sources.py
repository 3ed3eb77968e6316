"""Where rows come from."""

from __future__ import annotations

from django.db import models
from simple_history.models import HistoricalRecords

from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.models import Base, Versioned


class Source(Versioned):
    """A feed of transactions. Its ids are unique within it; its defaults fill what its rows leave out."""

    CLASSIFIED = classify(internal="slug name default_currency time_zone mapping attributes")

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    default_currency = models.CharField(max_length=3, blank=True, help_text="ISO 4217, for rows that name none.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="For timestamps without an offset.")
    mapping = models.JSONField(default=dict, blank=True, help_text="Field of a transaction: column of the file.")
    attributes = models.JSONField(
        default=dict, blank=True, help_text="Further columns: name, and its type, label and filter."
    )
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", default=ROOT_ID)
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
