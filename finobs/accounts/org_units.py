"""Org units: a tree of legal entities, branches, desks and books, under one organisation. What hangs in it is seen by
those who hold a grant on its unit, or on one above."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.access import GroupGrant, UserGrant
from finobs.core.classification import classify
from finobs.core.models import Base, Versioned

from .choices import UnitKind

# The organisation itself, made by a migration: whatever names no other unit is in it.
ROOT_ID = 1


class OrgUnit(Versioned):
    """A part of the organisation. Sources, accounts, customers, queues and cases hang in it."""

    CLASSIFIED = classify(internal="code name")

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=UnitKind)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True, blank=True)
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        verbose_name = "org unit"
        ordering = ("name",)
        permissions = (
            ("view_orgunit", "See the cases of the unit's queues"),
            ("work_orgunit", "Work the cases of the unit's queues"),
            ("lead_orgunit", "Lead the unit's queues: approve and reassign"),
            ("read_data_orgunit", "Read the unit's customers, accounts and transactions"),
            ("feed_orgunit", "Bring rows into the unit's sources"),
        )
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind"], condition=Q(parent=None), name="accounts_one_organisation"),
            models.CheckConstraint(
                condition=Q(parent=None, kind=UnitKind.ORGANISATION)
                | (Q(parent__isnull=False) & ~Q(kind=UnitKind.ORGANISATION)),
                name="accounts_unit_has_a_place",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UnitAncestor(Base):
    """Each unit with each that it is in, itself among them: what a grant on `ancestor` reaches."""

    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="ancestor_rows")
    ancestor = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="descendant_rows")

    class Meta(Base.Meta):
        constraints: ClassVar = [models.UniqueConstraint("ancestor", "unit", name="accounts_unit_ancestor_once")]


class OrgUnitUserGrant(UserGrant):
    """What a person may do in a unit."""

    content_object = models.ForeignKey(OrgUnit, on_delete=models.CASCADE)


class OrgUnitGroupGrant(GroupGrant):
    """What a group may do in a unit."""

    content_object = models.ForeignKey(OrgUnit, on_delete=models.CASCADE)
