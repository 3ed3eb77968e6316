from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.jobs.views import JobPages
from finobs.core.lists import list_page

from ...models import ReassessmentRun
from . import selectors
from .filters import ReassessmentFilter, ReassessmentRunFilter


def _counts(user: Any, job: ReassessmentRun | None) -> dict[str, Any]:
    return {} if job is None else {"counts": selectors.reassessment_run_counts(user, job)}


RUN_PAGES = JobPages[ReassessmentRun](
    "detection", "reassessment-run", selectors.reassessment_runs, ReassessmentRunFilter, _counts
)


@login_required
@require_GET
def batch_late(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the late transactions of a batch touched, for its page."""
    context = {"batch_id": pk, "late": selectors.late_batch_of(request.user, pk)}
    return render_page(request, "detection/batch_late.html", context, partial="late")


@login_required
@require_GET
def reassessment_list(request: SignedInRequest) -> HttpResponse:
    """Decided transactions that late ones touched, before and after."""
    rows = selectors.reassessments_visible(request.user)
    return list_page(request, "detection/reassessment_list.html", rows, filter_set=ReassessmentFilter)
