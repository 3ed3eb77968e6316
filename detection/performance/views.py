"""How versions did, side by side and row by row, and their thresholds against capacity."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.lists import list_page
from finobs.core.parameters import refuse_unknown

from ..choices import ModelRole
from ..ml.registry.selectors import model_get
from ..models import ModelVersion
from ..rules.selectors import may_configure
from . import charts, selectors, services
from .confusion_cells import CELLS, EDGES
from .forms import CapacityForm, LeaderboardForm, RowsForm, ThresholdForm, WindowForm
from .window import Window


@login_required
@require_GET
def model_performance(request: SignedInRequest, pk: int) -> HttpResponse:
    """A version's scores against what became known, every number with the rows it counts."""
    version = model_get(request.user, pk)
    form = WindowForm(request.GET)
    refuse_unknown(request.GET, form.fields)
    window = form.window(request.user)
    context = {"version": version, "form": form, "may_see_rows": selectors.may_see_rows(request.user)}
    if window is not None:
        performance = selectors.performance(request.user, version, window)
        picture = charts.reliability(performance.ranking, version.role)
        context |= {"performance": performance, "picture": picture, **_moves(window)}
    return render_page(request, "detection/model_performance.html", context, status=_status(window))


@login_required
@require_GET
def model_performance_summary(request: SignedInRequest, pk: int) -> HttpResponse:
    """The key figures for the model card, over the newest thirty days."""
    version = model_get(request.user, pk)
    window = selectors.window_for(request.user, None, None)
    context = {"version": version, "performance": selectors.performance(request.user, version, window)}
    return render_page(request, "detection/model_performance_summary.html", context, partial="summary")


@login_required
@require_GET
def model_performance_rows(request: SignedInRequest, pk: int) -> HttpResponse:
    """Exactly the rows that one number counts."""
    version = model_get(request.user, pk)
    form = RowsForm(request.GET)
    window = form.window(request.user)
    if window is None:
        raise Http404
    cell, number = form.cleaned_data["cell"] or "scored", form.cleaned_data["bin"]
    return list_page(
        request, "detection/model_performance_rows.html",
        selectors.rows(request.user, version, window, cell, number), order=selectors.ROWS_ORDER, exact=True,
        parameters=form.fields,
        present=partial(selectors.with_scores, request.user, version), version=version, window=window, cell=CELLS[cell],
        band=None if number is None else (EDGES[number], EDGES[number + 1]),
    )  # fmt: skip


@login_required
@require_GET
def model_leaderboard(request: SignedInRequest) -> HttpResponse:
    """All versions of a role on the same days and rows."""
    form = LeaderboardForm(request.GET)
    refuse_unknown(request.GET, {*form.fields, "version"}, {"version"})
    window, role = form.window(request.user), form.chosen_role
    context: dict[str, Any] = {"form": form, "roles": ModelRole.choices, "role": role}
    if window is not None:
        context |= {"board": selectors.leaderboard(request.user, role, window, form.versions), **_moves(window)}
    return render_page(request, "detection/model_leaderboard.html", context, status=_status(window))


@login_required
@require_GET
def model_capacity(request: SignedInRequest, pk: int) -> HttpResponse:
    """What people can review, and which threshold gives that many alerts."""
    version, form = model_get(request.user, pk), CapacityForm(request.GET)
    refuse_unknown(request.GET, form.fields)
    return _capacity_page(request, version, form, form.window(request.user))


@login_required
@require_POST
def model_threshold_set(request: SignedInRequest, pk: int) -> HttpResponse:
    version, form = model_get(request.user, pk), ThresholdForm(request.POST)
    status, candidate = form.submit(partial(services.model_threshold_set, actor=request.user, version=version))
    if candidate is None:
        capacity_form = CapacityForm(form.window_values)
        return _capacity_page(request, version, capacity_form, capacity_form.window(request.user), form, status)
    text = "is a candidate with the new threshold. It decides nothing until it is promoted."
    messages.success(request, f"{candidate} {text}")
    return redirect("detection:model-detail", candidate.pk)


def _capacity_page(
    request: SignedInRequest, version: ModelVersion, form: CapacityForm, window: Window | None,
    setting: ThresholdForm | None = None, status: int = HTTPStatus.OK,
) -> HttpResponse:  # fmt: skip
    context: dict[str, Any] = {"version": version, "form": form, "may_set": may_configure(request.user)}
    if window is not None:
        report = selectors.capacity_report(request.user, version, window, form.cleaned_data["alerts_a_day"])
        context |= {
            "report": report, "picture": charts.capacity_curve(report.curve, report.now, report.chosen),
            "threshold_form": setting or ThresholdForm.of(report), **_moves(window),
        }  # fmt: skip
    return render_page(request, "detection/model_capacity.html", context, status=max(status, _status(window)))


def _moves(window: Window) -> Mapping[str, Any]:
    return {"window": window, "earlier": window.moved(-1), "later": window.moved(1)}


def _status(window: Window | None) -> HTTPStatus:
    return HTTPStatus.OK if window is not None else HTTPStatus.UNPROCESSABLE_ENTITY
