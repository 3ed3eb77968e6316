"""Policies of work: what is in force, what was, and the forms by which they change."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from finobs.accounts.requests import SignedInRequest
from finobs.core.errors import Invalid
from finobs.core.forms import submit, submit_for_result
from finobs.core.http import render_page
from finobs.core.identity import preload

from .. import services
from ..models import WorkPolicy, WorkPolicyVersion
from ..policies import selectors, shipped
from ..policies.differences import Difference
from ..policies.in_force import content_in_force
from ..policy_forms import ProgrammeForm, RevertForm, WorkPolicyForm
from ..policy_words import PolicyWords


@login_required
@require_GET
def work_policies(request: SignedInRequest) -> HttpResponse:
    """Every policy, with which version of it is in force."""
    context = {
        "policies": selectors.work_policies(request.user),
        "may_configure": selectors.may_configure(request.user),
    }
    return render_page(request, "cases/work_policy_list.html", context)


@login_required
@require_GET
def work_policy_detail(request: SignedInRequest, slug: str) -> HttpResponse:
    """A policy: what it says, its versions and what changed from one to the next, and the form for the next."""
    return _page(request, selectors.work_policy_get(request.user, slug))


@login_required
@require_POST
def work_policy_change(request: SignedInRequest, slug: str) -> HttpResponse:
    policy = selectors.work_policy_get(request.user, slug)
    form = WorkPolicyForm(request.POST, user=request.user, policy=policy)

    def change(*, reason: str, version: int, **_: Any) -> None:
        services.work_policy_change(
            actor=request.user, policy=policy, content=form.content(), reason=reason, version=version
        )

    status = submit(form, _beside(form, change))
    if status != HTTPStatus.OK:
        return _page(request, policy, form=form, status=status)
    messages.success(request, f"{policy.name}: the new version is active.")
    return redirect("cases:work-policy-detail", slug)


@login_required
@require_POST
def work_policy_dry_run(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the rules that were typed would have done; nothing is put in force."""
    policy = selectors.routing_get(request.user, slug)
    form = WorkPolicyForm(request.POST, user=request.user, policy=policy)
    # Why it changes is said once it does.
    form.fields["reason"].required = False

    def run(**_: Any) -> Any:
        return services.routing_dry_run(actor=request.user, policy=policy, content=form.content())

    status, result = submit_for_result(form, _beside(form, run))
    return _page(request, policy, form=form, dry_run=result, status=status)


@login_required
@require_POST
def work_policy_revert(request: SignedInRequest, slug: str) -> HttpResponse:
    policy = selectors.work_policy_get(request.user, slug)
    versions = list(selectors.work_policy_versions(request.user, policy))
    form = RevertForm(request.POST, choices=_earlier(policy, versions), auto_id="revert_%s")

    def revert(**values: Any) -> None:
        services.work_policy_revert(actor=request.user, policy=policy, **values)

    status = submit(form, revert)
    if status != HTTPStatus.OK:
        return _page(request, policy, revert=form, status=status)
    messages.success(request, f"{policy.name}: that version is active again.")
    return redirect("cases:work-policy-detail", slug)


@login_required
@require_http_methods(["GET", "POST"])
def programme_create(request: SignedInRequest) -> HttpResponse:
    """A new programme with its words."""
    form = ProgrammeForm(request.POST or None, user=request.user)
    status = HTTPStatus.OK
    if request.method == "POST":

        def create(*, slug: str, reason: str, **_: Any) -> Any:
            return services.programme_create(actor=request.user, slug=slug, content=form.content(), reason=reason)

        status, version = submit_for_result(form, _beside(form, create))
        if version is not None:
            messages.success(request, f"{version.policy.name} is a programme now.")
            return redirect("cases:work-policy-detail", version.policy.slug)
    context = {"form": form, "may_configure": selectors.may_configure(request.user)}
    return render_page(request, "cases/programme_create.html", context, status=status)


def _beside(form: WorkPolicyForm, act: Callable[..., Any]) -> Callable[..., Any]:
    """`act`, whose refusals of the document stand beside the fields that it was typed into."""

    def run(**values: Any) -> Any:
        try:
            return act(**values)
        except Invalid as error:
            raise form.beside_fields(error) from error

    return run


def _page(request: SignedInRequest, policy: WorkPolicy, *, status: int = 200, **filled: Any) -> HttpResponse:
    """`filled`: forms that come back with what was typed, and the result of a dry run."""
    versions = list(selectors.work_policy_versions(request.user, policy))
    preload(versions)
    may_configure = selectors.may_configure(request.user)
    words = PolicyWords(policy.kind, request.user)
    context: dict[str, Any] = {
        "policy": policy, "versions": list(_with_differences(policy, words, versions)), "may_configure": may_configure,
        "facts": words.facts(content_in_force(policy)), "tables": words.tables(content_in_force(policy)),
    }  # fmt: skip
    if may_configure:
        initial = {"version": policy.version}
        context["form"] = WorkPolicyForm(user=request.user, policy=policy)
        context["revert"] = RevertForm(choices=_earlier(policy, versions), initial=initial, auto_id="revert_%s")
    return render_page(request, "cases/work_policy_detail.html", context | filled, status=status)


def _with_differences(
    policy: WorkPolicy, words: PolicyWords, versions: list[WorkPolicyVersion]
) -> list[tuple[WorkPolicyVersion, list[Difference]]]:
    """Each version with what it changed of the one before; the first of what finobs ships."""
    first = shipped.CONTENTS.get((policy.kind, policy.slug), {})
    contents = [*(version.content for version in versions), first]
    changes = [words.differences(before, after) for after, before in pairwise(contents)]
    return list(zip(versions, changes, strict=True))


def _earlier(policy: WorkPolicy, versions: list[WorkPolicyVersion]) -> list[tuple[int, str]]:
    choices = [(each.number, f"Version {each.number}") for each in versions if each.pk != policy.live_id]
    if (policy.kind, policy.slug) in shipped.CONTENTS and policy.live_id:
        choices.append((0, "What finobs ships"))
    return choices
