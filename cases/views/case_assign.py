from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit

from .. import selectors, services
from ..forms import AssignForm
from .page import success_response, workbench


@login_required
@require_http_methods(["GET", "POST"])
def case_assign(request: SignedInRequest, reference: str) -> HttpResponse:
    """Who should have the case, and why (a dialog of the case page)."""
    case = selectors.case_get(request.user, reference)
    if request.method == "GET":
        return workbench(request, case.queue, case, open_dialog="assign")
    form = AssignForm(request.POST, people=selectors.people_for_assign(request.user, case))
    status = submit(form, partial(services.case_assign, actor=request.user, case=case))
    if status != HTTPStatus.OK:
        return workbench(request, case.queue, case, status=status, open_dialog="assign", assign_form=form)
    return success_response(request, reference, f"Assigned to {form.cleaned_data['to']}.")
