from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit_for_result
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
    form = TrainForm(request.POST or None, sources=selectors.training_sources(request.user))
    if request.method == "GET":
        return render_page(request, "detection/training_request.html", {"form": form})
    status, run = submit_for_result(form, partial(services.training_request, actor=request.user))
    if run is None:
        return render_page(request, "detection/training_request.html", {"form": form}, status=status)
    return redirect("detection:training-detail", run.pk)
