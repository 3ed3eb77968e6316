"""The same answer to the same request: Idempotency-Key on unsafe API calls (IETF draft, section 2).

The key is claimed by INSERT in the transaction of the effect: a crash leaves neither. Answers are kept for at least
a day (`delete_expired`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from . import clock
from .db.locks import try_lock
from .errors import ApprovalRequired, Conflict, FinobsError, Invalid
from .http import PROBLEM, approval_pending
from .models import IdempotentAnswer

IDEMPOTENCY_HEADER = "Idempotency-Key"
IDEMPOTENCY_PARAMETER = OpenApiParameter(IDEMPOTENCY_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)
MAX_KEY_LENGTH = 200
RETENTION = timedelta(hours=48)

Act = Callable[[], tuple[int, Any]]


def answer_once(request: Request, endpoint: str, act: Act, *, needs_key: bool = True) -> HttpResponse:
    """Run `act`, which answers (status, body), unless this caller's key has an answer already; then give that.

    Where what `act` does knows its own repetitions, `needs_key` may be False: a call without a key is then just run.
    Keys belong to a caller and an endpoint. Call it before anything reads `request.data`. A refusal by `act` is
    not kept: the same key may try again. Raises FinobsError 400 without a key, Invalid for a key that was used for
    another request, Conflict while the first one is still at work.
    """
    if not needs_key and IDEMPOTENCY_HEADER not in request.headers:
        status, body = _run(act)
        return _response(status, JSONRenderer().render(body))
    key, caller = _key(request), cast(Any, request.user)
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        # Before the insert: on PostgreSQL a second insert of the key would wait for the first request to end, not be
        # refused.
        _claim_lock(f"{caller.pk} {endpoint} {key}")
        answer, is_new = IdempotentAnswer.objects.get_or_create(
            caller=caller, endpoint=endpoint, key=key, defaults={"fingerprint": fingerprint}
        )
        if not is_new:
            return _replay(answer, fingerprint)
        answer.status, body = _run(act)
        # Kept as text: a replay is the same to the byte, whatever a database does to the order of keys.
        answer.body = JSONRenderer().render(body).decode()
        answer.save(update_fields=["status", "body"])
        return _response(answer.status, answer.body)


def delete_expired(before: timedelta = RETENTION) -> int:
    """Delete answers older than that; returns how many."""
    return IdempotentAnswer.objects.filter(created_at__lt=clock.now() - before).delete()[0]


def _run(act: Act) -> tuple[int, Any]:
    try:
        return act()
    except ApprovalRequired as required:
        return required.status, approval_pending(required)


def _key(request: Request) -> str:
    key = str(request.headers.get(IDEMPOTENCY_HEADER, ""))
    if key and len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable():
        return key
    requirement = f"at most {MAX_KEY_LENGTH} printable ASCII characters" if key else "an Idempotency-Key header"
    error = FinobsError(f"This call needs {requirement}, a new one for each new request.")
    error.code, error.title = "idempotency-key", "The idempotency key is missing or malformed"
    raise error


def _fingerprint(request: Request) -> str:
    request_line = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(request_line + request.body).hexdigest()


def _claim_lock(name: str) -> None:
    """Refuse at once while the first request works. On SQLite there is one writer: the second waits, then replays."""
    if not try_lock(name):
        raise Conflict("The first request with this Idempotency-Key is still at work. Ask again in a moment.")


def _replay(answer: IdempotentAnswer, fingerprint: str) -> HttpResponse:
    if answer.fingerprint != fingerprint:
        raise Invalid("This Idempotency-Key was used for another request. Take a new one.")
    response = _response(answer.status, answer.body)
    response["Idempotency-Replayed"] = "true"
    return response


def _response(status: int | None, body: Any) -> HttpResponse:
    return HttpResponse(body, status=status, content_type=PROBLEM if status and status >= 400 else "application/json")
