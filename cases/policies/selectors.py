"""Every read of policies of work: what `user` may see of them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import NotFound

from ..choices import PolicyKind
from ..models import Queue, WorkPolicy, WorkPolicyVersion
from . import shipped


def work_policies(user: Any) -> list[WorkPolicy]:
    """Every policy by kind and name, those too that nobody has changed: unsaved, of version 1, without a live version.

    Raises NotAllowed.
    """
    access.require(user, "view", WorkPolicy)
    rows = {each.slug: each for each in access.restrict(WorkPolicy.objects.select_related("live"), user, "view")}
    for (kind, slug), name in shipped.POLICY_NAMES.items():
        rows.setdefault(slug, WorkPolicy(kind=kind, slug=slug, name=name))
    order = list(PolicyKind.values)
    return sorted(rows.values(), key=lambda each: (order.index(each.kind), each.name))


def work_policy_get(user: Any, slug: str) -> WorkPolicy:
    """One of them. Raises NotAllowed, NotFound."""
    policy = next((each for each in work_policies(user) if each.slug == slug), None)
    if policy is None:
        raise NotFound
    return policy


def routing_get(user: Any, slug: str) -> WorkPolicy:
    """The policy of routing, by its slug. Raises NotAllowed, and NotFound for another policy."""
    policy = work_policy_get(user, slug)
    if policy.kind != PolicyKind.ROUTING:
        raise NotFound
    return policy


def work_policy_versions(user: Any, policy: WorkPolicy) -> QuerySet[WorkPolicyVersion]:
    """The versions of a policy, the newest first; none of one that nobody has changed."""
    access.require(user, "view", policy)
    rows = WorkPolicyVersion.objects.filter(policy=policy.pk) if policy.pk else WorkPolicyVersion.objects.none()
    return rows.select_related("created_by", "policy").order_by("-number")


def may_configure(user: Any) -> bool:
    return access.allowed(user, "change", WorkPolicy)


def queues_to_name(user: Any) -> list[tuple[str, str]]:
    """Slug and name of every queue, for whoever says what goes where. Raises NotAllowed."""
    access.require(user, "change", WorkPolicy)
    return list(Queue.objects.values_list("slug", "name"))


def people_to_name(user: Any) -> QuerySet[User]:
    """Everybody who works here, for whoever says who is absent. Raises NotAllowed."""
    access.require(user, "change", WorkPolicy)
    return User.objects.filter(kind=UserKind.HUMAN, is_active=True).order_by("name", "pk")
