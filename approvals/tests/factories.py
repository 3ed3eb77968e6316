"""A request to close a case, and a vote on it, in one line each."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import ApprovalRequest
from approvals.services import request_decide
from cases.models import Case
from cases.services import case_close
from finobs.accounts.models import User
from finobs.core.errors import ApprovalRequired

CONCLUSION = {"disposition": "confirmed", "reason_code": "money_mule", "rationale": "Money in and out within minutes."}


def closing_request(actor: User, case: Case, **fields: Any) -> ApprovalRequest:
    version = Case.objects.get(pk=case.pk).version
    with pytest.raises(ApprovalRequired) as refusal:
        case_close(**{"actor": actor, "item": case, "version": version, **CONCLUSION, **fields})
    return ApprovalRequest.objects.get(pk=refusal.value.request_id)


def decide(
    actor: User, request: ApprovalRequest, vote: str = "approve", reason: str = "", digest: str = ""
) -> ApprovalRequest:
    return request_decide(actor=actor, request=request, vote=vote, reason=reason, digest=digest or request.digest)
