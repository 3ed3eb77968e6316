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
from finobs.core.forms import ReasonForm, submit
from finobs.core.http import render_page
from finobs.core.identity import preload
from finobs.core.lists import list_page

from ..models import Rule
from . import diff, selectors, services
from .filters import RuleFilter
from .forms import RuleChangeForm


@login_required
@require_GET
def rule_list(request: SignedInRequest) -> HttpResponse:
    rows = selectors.rules_visible(request.user)
    return list_page(request, "detection/rule_list.html", rows, filter_set=RuleFilter, order=("name", "id"))


@login_required
@require_GET
def rule_detail(request: SignedInRequest, slug: str) -> HttpResponse:
    """A rule: what is in force, its versions beside one another, and the form for the next."""
    return _rule_page(request, selectors.rule_get(request.user, slug))


@login_required
@require_POST
def rule_change(request: SignedInRequest, slug: str) -> HttpResponse:
    rule = selectors.rule_get(request.user, slug)
    form = RuleChangeForm(request.POST, rule=rule)

    def change(*, reason: str, version: int, **parameters: Any) -> None:
        services.rule_change(actor=request.user, rule=rule, parameters=parameters, reason=reason, version=version)

    status = submit(form, change)
    if status != HTTPStatus.OK:
        return _rule_page(request, rule, form=form, status=status)
    messages.success(request, f"{rule.name}: the new version is active.")
    return redirect("detection:rule-detail", slug)


@login_required
@require_POST
def rule_retire(request: SignedInRequest, slug: str) -> HttpResponse:
    rule = selectors.rule_get(request.user, slug)
    form = ReasonForm(request.POST, auto_id="retire_%s")
    status = submit(form, partial(services.rule_retire, actor=request.user, rule=rule))
    if status != HTTPStatus.OK:
        return _rule_page(request, rule, retire=form, status=status)
    messages.success(request, f"{rule.name} is no longer active.")
    return redirect("detection:rule-detail", slug)


def _rule_page(
    request: SignedInRequest, rule: Rule, *, form: Any = None, retire: Any = None, status: int = 200
) -> HttpResponse:
    versions = list(selectors.rule_versions(request.user, rule))
    preload(versions)
    context = {
        "rule": rule,
        "versions": diff.version_diffs(rule.kind, versions),
        "form": form or RuleChangeForm(rule=rule),
        "retire": retire or ReasonForm(auto_id="retire_%s", initial={"version": rule.version}),
        "may_configure": selectors.may_configure(request.user),
    }
    return render_page(request, "detection/rule_detail.html", context, status=status)
