"""Approval requests for machines to read, and for people's tools to decide: the services let only people decide."""

from __future__ import annotations

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, Subject
from finobs.core.serializers import OptionalReasonSerializer

from . import selectors, services
from .filters import ApprovalRequestFilter
from .models import ApprovalRequest
from .serializers import ApprovalRequestDetailSerializer, ApprovalRequestSerializer, DecideSerializer

REQUEST = Subject("request", selectors.request_get)


class RequestList(SelectorList[ApprovalRequest]):
    """Approval requests about what you may see, newest first."""

    selector = selectors.requests_visible
    serializer_class = ApprovalRequestSerializer
    filterset_class = ApprovalRequestFilter


class RequestDetail(SelectorDetail[ApprovalRequest]):
    """One request: its snapshot, the decisions so far, and whether you may decide."""

    selector = selectors.request_get
    serializer_class = ApprovalRequestDetailSerializer


class RequestDecide(ServiceAction[ApprovalRequest]):
    """Approve or reject. The last approval needed carries the action out."""

    # The digest of what was shown is asked for, and says more.
    requires_version = False
    subject = REQUEST
    service = services.request_decide
    body_class = DecideSerializer
    serializer_class = ApprovalRequestDetailSerializer


class RequestWithdraw(ServiceAction[ApprovalRequest]):
    """Take back what you asked for."""

    subject = REQUEST
    service = services.request_withdraw
    body_class = OptionalReasonSerializer
    serializer_class = ApprovalRequestDetailSerializer
