"""The alerts of items and the subjects of cases, for machines: the same selectors and services as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from detection.models import Alert
from finobs.core.api import SelectorList, Subject
from finobs.core.serializers import ReasonSerializer
from transactions.parties.selectors import customer_get
from transactions.selectors import account_get

from . import selectors, services
from .api import CASE, INCIDENT, OfCase
from .models import Case
from .subject_serializers import CaseSubjectAddSerializer, CaseSubjectChangeSerializer, ItemAlertSerializer


class CaseAlertList(SelectorList[Alert]):
    """The alerts of a case that you may read, with why each lies in its incident; the newest first."""

    subject = CASE
    selector = selectors.item_alerts
    serializer_class = ItemAlertSerializer


class IncidentAlertList(SelectorList[Alert]):
    """The alerts of an incident that you may read, with why each lies in it; the newest first."""

    subject = INCIDENT
    selector = selectors.item_alerts
    serializer_class = ItemAlertSerializer


def _case_of(user: Any, reference: str, *_: Any) -> Case:
    return selectors.case_get(user, reference)


class CaseSubjectAdd(OfCase):
    """Say that a case is about an account or a customer too. The answer is the case."""

    subject = Subject("case", _case_of)
    service = services.case_subject_add
    body_class = CaseSubjectAddSerializer
    status = 201

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        user = self.request.user
        if "account" in body:
            body["account"] = account_get(user, body["account"])
        if "customer" in body:
            body["customer"] = customer_get(user, body["customer"])
        return body


class OfCaseSubject(OfCase):
    """Shared by what is done to one subject: it is the case that changes, and is answered."""

    subject = Subject("case", _case_of)

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        row = selectors.case_subject_get(self.request.user, subject["case"], self.kwargs["pk"])
        return body | {"subject": row}


class CaseSubjectChange(OfCaseSubject):
    """What a subject is to the case."""

    http_method_names = ("patch", "options")
    service = services.case_subject_change
    body_class = CaseSubjectChangeSerializer

    def patch(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Say what a subject is to the case instead. The answer is the case."""
        return self.act()


class CaseSubjectRemove(OfCaseSubject):
    """Say that a case is not about somebody after all. The answer is the case."""

    service = services.case_subject_remove
    body_class = ReasonSerializer
