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
from finobs.core.forms import submit
from finobs.core.http import render_page
from finobs.core.lists import listed

from . import hooks, selectors, services, shown, workflow
from .filters import AlertFilter, ModelFilter, ReassessmentFilter, RuleFilter
from .forms import ReasonForm, RetireForm, RuleChangeForm
from .models import Rule
from .snapshot import models_of

NEWEST_FIRST = ("-id",)


@login_required
@require_GET
def alert_list(request: SignedInRequest) -> HttpResponse:
    """Alerts of the cases that this person may see, the newest first."""
    chosen = AlertFilter(request.GET, queryset=selectors.alerts_visible(request.user))
    return render_page(
        request, "detection/alert_list.html", listed(request, chosen, order=NEWEST_FIRST), partial="list"
    )


@login_required
@require_GET
def alert_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Why, with which versions, on what input."""
    alert = selectors.alert_get(request.user, pk)
    context = {
        "alert": alert, "place": hooks.place(request.user, alert), "models": models_of(alert.parameters),
        "may_explain": selectors.may_explain(request.user),
    }  # fmt: skip
    return render_page(request, "detection/alert_detail.html", context)


@login_required
@require_GET
def alert_explanation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Why the score of an alert is what it is: a waterfall, and the same in a table."""
    alert, explanation = selectors.alert_explanation(request.user, pk)
    context = {"alert": alert, "explanation": explanation}
    return render_page(request, "detection/alert_explanation.html", context, partial="explanation")


@login_required
@require_GET
def transaction_explanation(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same for any assessed transaction, made on demand."""
    assessment, explanation = selectors.transaction_explanation(request.user, pk)
    context = {"assessment": assessment, "explanation": explanation}
    return render_page(request, "detection/transaction_explanation.html", context, partial="explanation")


@login_required
@require_GET
def alert_replay(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same versions on the same snapshot, now. Writes nothing."""
    alert = selectors.alert_get(request.user, pk)
    context = {"alert": alert, "replay": services.replay(alert)}
    return render_page(request, "detection/alert_replay.html", context, partial="result")


@login_required
@require_GET
def transaction_assessment(request: SignedInRequest, pk: int) -> HttpResponse:
    """What was made of one transaction, for its page."""
    assessment, alert = selectors.assessment_of(request.user, pk)
    fired = selectors.fired_versions(request.user, assessment)
    context = {
        "assessment": assessment, "alert": alert, "fired": fired, "may_explain": selectors.may_explain(request.user),
        "reassessments": selectors.reassessments_of(request.user, pk),
    }  # fmt: skip
    return render_page(request, "detection/transaction_assessment.html", context, partial="assessment")


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
    chosen = ReassessmentFilter(request.GET, queryset=selectors.reassessments_visible(request.user))
    return render_page(
        request, "detection/reassessment_list.html", listed(request, chosen, order=NEWEST_FIRST), partial="list"
    )


@login_required
@require_GET
def rule_list(request: SignedInRequest) -> HttpResponse:
    chosen = RuleFilter(request.GET, queryset=selectors.rules_visible(request.user))
    return render_page(
        request, "detection/rule_list.html", listed(request, chosen, order=("name", "id")), partial="list"
    )


@login_required
@require_GET
def rule_detail(request: SignedInRequest, slug: str) -> HttpResponse:
    """A rule: what is in force, its versions beside one another, and the form for the next."""
    return _rule_page(request, selectors.rule_get(request.user, slug))


@login_required
@require_POST
def rule_change(request: SignedInRequest, slug: str) -> HttpResponse:
    rule = selectors.rule_get(request.user, slug)
    form = RuleChangeForm(request.POST, rule=rule, newest=0)

    def change(*, reason: str, version: int, **parameters: Any) -> None:
        services.rule_change(actor=request.user, rule=rule, parameters=parameters, reason=reason, version=version)

    status = submit(form, change)
    if status != HTTPStatus.OK:
        return _rule_page(request, rule, form=form, status=status)
    messages.success(request, f"{rule.name}: the new version is in force.")
    return redirect("detection:rule-detail", slug)


@login_required
@require_POST
def rule_retire(request: SignedInRequest, slug: str) -> HttpResponse:
    rule = selectors.rule_get(request.user, slug)
    form = RetireForm(request.POST, auto_id="retire_%s")
    status = submit(form, partial(services.rule_retire, actor=request.user, rule=rule))
    if status != HTTPStatus.OK:
        return _rule_page(request, rule, retire=form, status=status)
    messages.success(request, f"{rule.name} is no longer in force.")
    return redirect("detection:rule-detail", slug)


def _rule_page(
    request: SignedInRequest, rule: Rule, *, form: Any = None, retire: Any = None, status: int = 200
) -> HttpResponse:
    versions = list(selectors.rule_versions(request.user, rule))
    newest = versions[0].number if versions else 0
    context = {
        "rule": rule,
        "versions": shown.version_changes(rule.kind, versions),
        "form": form or RuleChangeForm(rule=rule, newest=newest),
        "retire": retire or RetireForm(auto_id="retire_%s"),
        "may_configure": selectors.may_configure(request.user),
    }
    return render_page(request, "detection/rule_detail.html", context, status=status)


@login_required
@require_GET
def model_list(request: SignedInRequest) -> HttpResponse:
    chosen = ModelFilter(request.GET, queryset=selectors.models_visible(request.user))
    context = listed(request, chosen, order=NEWEST_FIRST) | {"may_train": selectors.may_train(request.user)}
    return render_page(request, "detection/model_list.html", context, partial="list")


@login_required
@require_POST
def model_train_start(request: SignedInRequest) -> HttpResponse:
    services.model_train_start(actor=request.user)
    messages.success(request, "Training has been asked for. The candidate appears here when it is ready.")
    return redirect("detection:model-list")


@login_required
@require_GET
def model_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The model card."""
    return _model_page(request, pk)


@login_required
@require_POST
def model_promote(request: SignedInRequest, pk: int) -> HttpResponse:
    return _model_move(request, pk, services.model_promote, "is in force")


@login_required
@require_POST
def model_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    return _model_move(request, pk, services.model_retire, "is retired")


def _model_move(request: SignedInRequest, pk: int, act: Any, said: str) -> HttpResponse:
    version = selectors.model_get(request.user, pk)
    form = ReasonForm(request.POST)
    status = submit(form, partial(act, actor=request.user, version=version))
    if status != HTTPStatus.OK:
        return _model_page(request, pk, form=form, status=status)
    messages.success(request, f"{version} {said}.")
    return redirect("detection:model-detail", pk)


def _model_page(request: SignedInRequest, pk: int, *, form: Any = None, status: int = 200) -> HttpResponse:
    version = selectors.model_get(request.user, pk)
    context = {
        "version": version,
        "histogram": shown.histogram(version),
        "steps": workflow.steps(version.stage) if selectors.may_configure(request.user) else [],
        "form": form or ReasonForm(),
    }
    return render_page(request, "detection/model_detail.html", context, status=status)
