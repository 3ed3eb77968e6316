"""Where work waits."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from detection.hooks import typologies
from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from finobs.core.access import GroupGrant, UserGrant
from finobs.core.classification import classify
from finobs.core.models import Base, Versioned


class Queue(Versioned):
    """Where incidents and cases of its unit, and of those below, wait. People see, work or lead it by grants on it or
    on its unit."""

    CLASSIFIED = classify(internal="slug name description typologies")

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", default=ROOT_ID)
    typologies = models.JSONField(default=list, blank=True, help_text="Cases of these typologies come here.")
    is_default = models.BooleanField("takes what no other queue of its unit takes", default=False)
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
            models.UniqueConstraint(
                fields=["unit"], condition=Q(is_default=True), name="cases_one_default_queue_of_a_unit"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def typology_labels(self) -> list[str]:
        """Its typologies in words."""
        words = typologies()
        return [words.get(name, name) for name in self.typologies]


class QueueUserGrant(UserGrant):
    """What a person may do with a queue."""

    content_object = models.ForeignKey(Queue, on_delete=models.CASCADE)


class QueueGroupGrant(GroupGrant):
    """What a group may do with a queue."""

    content_object = models.ForeignKey(Queue, on_delete=models.CASCADE)
