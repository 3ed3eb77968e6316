"""What belongs to one work item, an incident or a case: who holds it, notes, tags, and the queues that it lay in."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Base, Versioned
from transactions.models import new_salt
from transactions.records.digests import salted_digest

from ..choices import EntryCause
from .cases import Case
from .incidents import Incident
from .policies import WorkPolicyVersion
from .queues import Queue
from .work_items import WorkItem


class OfItem(Base):
    """A row of one incident or of one case."""

    class Meta(Base.Meta):
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(incident__isnull=False, case__isnull=True) | Q(incident__isnull=True, case__isnull=False),
                name="%(app_label)s_%(class)s_of_one_item",
            )
        ]

    @property
    def item(self) -> WorkItem:
        """The incident or case that it is of."""
        item: WorkItem = getattr(self, "incident", None) or getattr(self, "case")  # noqa: B009 (declared below)
        return item


class WorkLease(OfItem):
    """Who holds an item, until when. One item, one holder: nobody is handed what another works on."""

    # One row for each item, updated in place: two holders cannot be written down.
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="lease", null=True, blank=True)
    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="lease", null=True, blank=True)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leases")
    taken_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()

    class Meta(OfItem.Meta):
        abstract = False


class Note(OfItem):
    """What somebody found or thought. Never changed, never deleted: a correction is another note.

    It is overwritten with `salt` when whom it is about is erased.
    """

    CLASSIFIED = classify(personal="text", secrets="salt")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes", null=True, blank=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="notes", null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    salt = models.BinaryField(max_length=32, default=new_salt, editable=False)
    created_at = models.DateTimeField(default=clock.now)
    author_then = IdentityAt("author", "created_at")

    class Meta(OfItem.Meta):
        abstract = False
        ordering = ("id",)

    @property
    def digest(self) -> str:
        """The digest by which the ledger and approvals know its text: under its salt, so that nobody can try texts."""
        return salted_digest(self.salt, {"text": self.text}).hex()


class QueueEntry(OfItem):
    """That an item lay in a queue: since when, until when, and what brought it there."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="queue_entries", null=True, blank=True)
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="queue_entries", null=True, blank=True
    )
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="entries")
    entered_at = models.DateTimeField(default=clock.now)
    cause = models.CharField(max_length=12, choices=EntryCause)
    left_at = models.DateTimeField(null=True, blank=True)
    left_cause = models.CharField(max_length=12, choices=EntryCause, blank=True)
    routing_version = models.ForeignKey(
        WorkPolicyVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False,
        help_text="The version of the routing that chose the queue; empty: by the queues' own typologies.",
    )  # fmt: skip

    class Meta(OfItem.Meta):
        abstract = False
        verbose_name_plural = "queue entries"
        ordering = ("id",)


class Tag(Versioned):
    """A word that people put on work items."""

    CLASSIFIED = classify(internal="slug name")

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ItemTag(OfItem):
    """That an item has a tag."""

    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="items")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tags", null=True, blank=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="tags", null=True, blank=True)
    added_at = models.DateTimeField(default=clock.now)

    class Meta(OfItem.Meta):
        abstract = False
        ordering = ("id",)
        constraints: ClassVar = [
            *OfItem.Meta.constraints,
            models.UniqueConstraint(
                fields=["tag", "case"], condition=Q(case__isnull=False), name="cases_tag_once_on_a_case"
            ),
            models.UniqueConstraint(
                fields=["tag", "incident"], condition=Q(incident__isnull=False), name="cases_tag_once_on_an_incident"
            ),
        ]
