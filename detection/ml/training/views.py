from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit
from finobs.core.http import render_page
from finobs.core.jobs.views import JobPages

from ...models import TrainingRun
from . import selectors, services
from .filters import TrainingRunFilter
from .forms import TrainForm


def _may_train(user: Any, job: TrainingRun | None) -> dict[str, Any]:
    return {"may_train": selectors.may_train(user)}


PAGES = JobPages[TrainingRun]("detection", "training", selectors.training_runs, TrainingRunFilter, _may_train)


@login_required
@require_http_methods(["GET", "POST"])
def training_request(request: SignedInRequest) -> HttpResponse:
    """The form for a new candidate, and the run that comes of it; or the one that is under way already."""
    runs: list[TrainingRun] = []

    def request_run(**fields: Any) -> None:
        runs.append(services.training_request(actor=request.user, **fields))

    form = TrainForm(request.POST or None, sources=selectors.training_sources(request.user))
    status = submit(form, request_run) if request.method == "POST" else HTTPStatus.OK
    if runs:
        return redirect(runs[0])
    return render_page(request, "detection/training_request.html", {"form": form}, status=status)
