from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import OptionalReasonForm, submit
from finobs.core.http import render_page
from finobs.core.lists import list_page

from ..training import selectors as training_selectors
from . import charts as diff
from . import selectors, services, workflow
from .filters import ModelFilter
from .model_card import model_card


@login_required
@require_GET
def model_list(request: SignedInRequest) -> HttpResponse:
    """Every version of every role, the newest first, and what is being trained."""
    user, rows = request.user, selectors.models_visible(request.user)
    runs, may_train = training_selectors.training_open(user), training_selectors.may_train(user)
    return list_page(request, "detection/model_list.html", rows, filter_set=ModelFilter, runs=runs, may_train=may_train)


@login_required
@require_GET
def model_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The model card."""
    return _model_page(request, pk)


@login_required
@require_POST
def model_step(request: SignedInRequest, pk: int, action: str) -> HttpResponse:
    """One step of its life, by the table of `workflow`."""
    version = selectors.model_get(request.user, pk)
    form = OptionalReasonForm(request.POST)
    status = submit(form, partial(services.STAGE_SERVICES[action], actor=request.user, model_version=version))
    if status == HTTPStatus.ACCEPTED:
        messages.info(request, f"{version}: sent for approval. Somebody else decides; you find it under Approvals.")
    elif status == HTTPStatus.OK:
        messages.success(request, f"{version} {workflow.BY_ACTION[action].description}.")
    else:
        return _model_page(request, pk, form=form, status=status)
    return redirect("detection:model-detail", pk)


def _model_page(request: SignedInRequest, pk: int, *, form: Any = None, status: int = 200) -> HttpResponse:
    version = selectors.model_get(request.user, pk)
    context = {
        "version": version,
        "card": model_card(version),
        "histogram": diff.histogram(version),
        "stages": selectors.model_stages(request.user, version),
        "steps": workflow.steps(version.stage) if selectors.may_configure(request.user) else [],
        "form": form or OptionalReasonForm(initial={"version": version.version}),
    }
    return render_page(request, "detection/model_detail.html", context, status=status)
