"""Whom a case is about: added, changed and removed by dialogs of its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import ReasonForm, submit

from .. import selectors, services
from ..choices import ItemKind
from ..forms import SubjectChangeForm
from ..models import CaseSubject
from .buttons import Button
from .item_dialogs import item_dialog
from .page import success_response, workbench


@dataclass(frozen=True, slots=True)
class SubjectDialog:
    """A dialog about one subject, which is there when it was asked for."""

    name: str
    title: str
    form: Form
    button: Button


@login_required
@require_http_methods(["GET", "POST"])
def case_subject_add(request: SignedInRequest, reference: str) -> HttpResponse:
    """Whom else the case is about, as what, and why."""

    def add(*, item: Any, **fields: Any) -> Any:
        return services.case_subject_add(case=item, **fields)

    return item_dialog(request, ItemKind.CASE, reference, "subject_add", add, "The subject is added.")


@login_required
@require_http_methods(["GET", "POST"])
def case_subject_change(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """What a subject is to the case."""
    title, message = "Role of {} in", "The role is changed."
    return _dialog(request, reference, pk, "change", SubjectChangeForm, services.case_subject_change, title, message)


@login_required
@require_http_methods(["GET", "POST"])
def case_subject_remove(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Why the case is not about somebody after all."""
    title, message = "Remove {} from", "The subject is removed."
    return _dialog(request, reference, pk, "remove", ReasonForm, services.case_subject_remove, title, message)


def _dialog(
    request: SignedInRequest, reference: str, pk: int, verb: str, form_class: type[Form], service: Callable[..., Any],
    title: str, message: str,
) -> HttpResponse:  # fmt: skip
    """Show the form about one subject, or send what was typed to `service`."""
    case = selectors.case_get(request.user, reference)
    subject = selectors.case_subject_get(request.user, case, pk)
    form, status = form_class(initial={"version": case.version, "role": subject.role}), HTTPStatus.OK
    if request.method == "POST":
        form = form_class(request.POST)
        status = submit(form, partial(service, actor=request.user, case=case, subject=subject))
        if status == HTTPStatus.OK:
            return success_response(request, ItemKind.CASE, reference, message, listed=case.queue)
        case = selectors.case_get(request.user, reference)
    dialog = SubjectDialog(f"subject_{verb}", title.format(subject), form, _button(reference, subject, verb))
    return workbench(
        request, case.queue, ItemKind.CASE, case, status=status, open_dialog=dialog.name, subject_dialog=dialog
    )


def _button(reference: str, subject: CaseSubject, verb: str) -> Button:
    url = reverse(f"cases:case-subject-{verb}", args=[reference, subject.pk])
    icon = {"change": "pencil", "remove": "user-minus"}[verb]
    return Button(verb, verb.capitalize(), "", icon, "dialog", url, "", True)
