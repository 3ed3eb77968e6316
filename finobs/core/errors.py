"""What services raise. `core.http` alone turns these into answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class FinobsError(Exception):
    """A refusal that a person or a machine can act on."""

    status = 400
    code = "error"
    title = "The request could not be carried out"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra

    @property
    def message(self) -> str:
        """The refusal on one line, for where there is no room to say it field by field."""
        return self.detail


class NotFound(FinobsError):
    """It does not exist, or this person may not know that it does."""

    status, code, title = 404, "not-found", "Not found"


class NotAllowed(FinobsError):
    """Visible, but this person may not do that to it."""

    status, code, title = 403, "not-allowed", "You are not allowed to do this"


class InvalidTransition(FinobsError):
    """The workflow has no such step from where the subject is."""

    status, code, title = 409, "invalid-transition", "This step is not possible now"


class Conflict(FinobsError):
    """It does not fit what is there now: somebody else was there first, or it is so already."""

    status, code, title = 409, "conflict", "This does not fit what is there now"


class Stale(Conflict):
    """Somebody changed it after this caller had looked at it; `version` is the one it has now."""

    code, title = "stale", "This has changed since you looked at it"

    def __init__(self, detail: str, *, version: int) -> None:
        super().__init__(detail, version=version)
        self.version = version


class PreconditionFailed(FinobsError):
    """The API's word for `Stale`: If-Match names another version than the one that is there."""

    status, code, title = 412, "precondition-failed", "This has changed since you looked at it"


class VersionRequired(FinobsError):
    """Others may change it too, and the caller did not say which state of it they saw."""

    status, code, title = 428, "precondition-required", "Say which version of it you saw"

    def __init__(self) -> None:
        super().__init__("Look at it first, and say which version you saw: in the API If-Match, with what ETag said.")


class ApprovalRequired(FinobsError):
    """Not done yet: it waits for a second pair of eyes. `request_id` is the approval request."""

    status, code, title = 202, "approval-required", "Sent for approval"

    def __init__(self, request_id: int, detail: str = "") -> None:
        super().__init__(detail, approval_request_id=request_id, status="pending")
        self.request_id = request_id


class Invalid(FinobsError):
    """The input does not hold. `fields` maps a field (or "" for the whole) to its messages."""

    status, code, title = 422, "invalid", "Some of the input is not valid"

    def __init__(self, detail: str = "", fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(detail)
        self.fields: dict[str, list[str]] = {name: list(texts) for name, texts in (fields or {}).items()}

    @property
    def message(self) -> str:
        """What is wrong with each field, if any is named."""
        return " ".join(text for texts in self.fields.values() for text in texts) or self.detail


class MethodNotAllowed(FinobsError):
    """An address that takes forms only was opened, or reloaded, by itself."""

    status, code, title = 405, "method-not-allowed", "There is no page here"


class TooLarge(FinobsError):
    status, code, title = 413, "too-large", "The request is too large"


class Unavailable(FinobsError):
    """A server that finobs needs does not answer; trying again later is right."""

    status, code, title = 503, "unavailable", "finobs cannot answer just now"
