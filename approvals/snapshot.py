"""What approvers are shown, and the digest that binds a request to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from finobs.ledger.canonical import canonical

from .models import ApprovalRequest
from .registry import ApprovalAction, get


def digest_of(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(snapshot)).hexdigest()


def build(action: ApprovalAction, subject: Any, payload: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What approvers of `action` on `subject` would be shown now, and its digest."""
    snapshot = action.snapshot(subject, payload)
    return snapshot, digest_of(snapshot)


def digest_now(request: ApprovalRequest, subject: Any) -> str:
    """The digest of what the request's approvers would be shown now."""
    return build(get(request.action), subject, request.payload)[1]
