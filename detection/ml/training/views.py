from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import OptionalReasonForm, submit, submit_for_result
from finobs.core.http import render_page
from finobs.core.lists import list_page

from . import selectors, services
from .filters import TrainingRunFilter
from .forms import TrainForm


@login_required
@require_GET
def training_list(request: SignedInRequest) -> HttpResponse:
    rows, may_train = selectors.training_runs(request.user), selectors.may_train(request.user)
    return list_page(request, "detection/training_list.html", rows, filter_set=TrainingRunFilter, may_train=may_train)


@login_required
@require_http_methods(["GET", "POST"])
def training_request(request: SignedInRequest) -> HttpResponse:
    """The form for a new candidate, and the run that comes of it; or the one that is under way already."""
    form = TrainForm(request.POST or None, sources=selectors.training_sources(request.user))
    if request.method == "GET":
        return render_page(request, "detection/training_request.html", {"form": form})
    status, run = submit_for_result(form, partial(services.training_request, actor=request.user))
    if run is None:
        return render_page(request, "detection/training_request.html", {"form": form}, status=status)
    return redirect("detection:training-detail", run.pk)


@login_required
@require_GET
def training_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far a run is. Its fragment asks for itself again until the run has ended."""
    return _training_page(request, pk)


@login_required
@require_POST
def training_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    run, form = selectors.training_get(request.user, pk), OptionalReasonForm(request.POST)
    status = submit(form, partial(services.training_cancel, actor=request.user, run=run))
    if status != HTTPStatus.OK:
        return _training_page(request, pk, form=form, status=status)
    messages.success(request, f"{run} is cancelled.")
    return redirect("detection:training-detail", pk)


def _training_page(request: SignedInRequest, pk: int, *, form: Any = None, status: int = 200) -> HttpResponse:
    run = selectors.training_get(request.user, pk)
    context = {"run": run, "may_train": selectors.may_train(request.user), "form": form or OptionalReasonForm()}
    return render_page(request, "detection/training_detail.html", context, partial="run", status=status)
