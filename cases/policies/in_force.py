"""The policies that are in force: the live version of each, or what finobs ships."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from finobs.core import context

from ..choices import PolicyKind
from ..models import WorkPolicy
from . import shipped


class PolicyInForce(NamedTuple):
    """`version_id` is None, and `number` 0, where what finobs ships is in force."""

    kind: str
    slug: str
    name: str
    number: int
    version_id: int | None
    content: Mapping[str, Any]


def policies_in_force() -> Mapping[tuple[str, str], PolicyInForce]:
    """All of them by kind and slug. One statement; remembered while a page is read."""
    return context.memoize("cases.policies", _read)


def policy_in_force(kind: str, slug: str) -> PolicyInForce:
    """One of them. Raises KeyError for none that there is."""
    return policies_in_force()[(kind, slug)]


def programmes() -> list[PolicyInForce]:
    """The programmes by name."""
    rows = (each for each in policies_in_force().values() if each.kind == PolicyKind.PROGRAMME)
    return sorted(rows, key=lambda each: each.name)


def content_in_force(policy: WorkPolicy) -> Mapping[str, Any]:
    """What a policy says now."""
    if policy.live is not None:
        content: Mapping[str, Any] = policy.live.content
        return content
    return shipped.CONTENTS[(policy.kind, policy.slug)]


def _read() -> dict[tuple[str, str], PolicyInForce]:
    policies = {
        key: PolicyInForce(*key, shipped.POLICY_NAMES[key], 0, None, content)
        for key, content in shipped.CONTENTS.items()
    }
    for policy in WorkPolicy.objects.filter(live__isnull=False).select_related("live"):
        live = policy.live
        assert live is not None
        key = (policy.kind, policy.slug)
        policies[key] = PolicyInForce(*key, policy.name, live.number, live.pk, live.content)
    return policies
