from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit

from .. import selectors, services
from ..forms import CloseForm
from .page import success_response, workbench

SENT_FOR_APPROVAL_MESSAGE = "Sent for approval. A lead decides; the case is closed once they agree."


@login_required
@require_http_methods(["GET", "POST"])
def case_close(request: SignedInRequest, reference: str) -> HttpResponse:
    """The disposition form (a dialog of the case page), and what comes of it."""
    case = selectors.case_get(request.user, reference)
    if request.method == "GET":
        return workbench(request, case.queue, case, open_dialog="close")
    form = CloseForm(request.POST, draft=f"close-{reference}")
    status = submit(form, partial(services.case_close, actor=request.user, case=case))
    if status != HTTPStatus.ACCEPTED:
        case = selectors.case_get(request.user, reference)
        return workbench(request, case.queue, case, status=status, open_dialog="close", close_form=form)
    return success_response(request, reference, SENT_FOR_APPROVAL_MESSAGE)
