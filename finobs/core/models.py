"""Base models, and the one kernel table: answers already given to idempotent requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.db import models

from . import clock
from .classification import Declaration, classify
from .versions import FIRST_VERSION


class Base(models.Model):
    """No default permissions: what may be done to a row is said in the app's policy.py, in named permissions.

    A model with a history and personal fields has a `salt` too, which its history leaves out: the ledger, which forgets
    nothing, says those fields by a digest under it.
    """

    # What each field holds, but for those whose type says it (`core.classification`).
    CLASSIFIED: ClassVar[Declaration] = {}

    class Meta:
        abstract = True
        default_permissions: ClassVar[tuple[str, ...]] = ()


class Timestamped(Base):
    """A row that knows when it was made and last changed; services set `updated_at`."""

    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(Base.Meta):
        abstract = True


class Versioned(Base):
    """A row that somebody may change. `version` rises with every change (`core.history`), and a stale one is refused.

    It is asked by `core.versions`, which tells what changed meanwhile: by fields, as FIELD_WORDS calls those whose own
    name says too little, or where HISTORY_SAYS_ACTS by what the history says was done.
    """

    FIELD_WORDS: ClassVar[Mapping[str, str]] = {}
    HISTORY_SAYS_ACTS: ClassVar[bool] = False

    version = models.PositiveIntegerField(default=FIRST_VERSION, editable=False)

    class Meta(Base.Meta):
        abstract = True


class IdempotentAnswer(Base):
    """The first answer to a request with an Idempotency-Key, claimed in the transaction of its effect.

    A replay gets the same status and body; the same key with another body is refused (422).
    """

    CLASSIFIED = classify(internal="endpoint key status", personal="body fingerprint")

    caller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    endpoint = models.CharField(max_length=100)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta(Base.Meta):
        constraints: ClassVar = [models.UniqueConstraint("caller", "endpoint", "key", name="core_idempotent_once")]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.key}"
