"""Rules: made, changed by a new version, retired. Versions never change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from finobs.core.plain_text import require_names, require_plain
from finobs.core.reasons import optional_reason, require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record
from transactions.models import Source

from .. import hooks
from ..choices import RuleKind, Typology
from ..models import Rule, RuleVersion
from . import scenarios


@service
def rule_create(
    *,
    actor: User,
    slug: str,
    name: str,
    kind: str,
    typology: str,
    parameters: Mapping[str, Any],
    reason: str = "",
    obligation: str = "",
    source: Source | None = None,
) -> Rule:
    """Make a rule whose first version is in force at once.

    Who may: `model:config`. Records `rule.create` with the parameters.
    Raises Invalid for parameters that do not hold, Conflict for a slug that is taken.
    """
    access.require(actor, "create", Rule)
    name = require_names(name=name)["name"]
    obligation = require_plain(obligation=obligation)["obligation"]
    _check_text(slug=slug, name=name)
    if typology not in hooks.typologies():
        raise Invalid(fields={"typology": [f"There is no typology {typology!r}."]})
    reason = optional_reason(reason)
    holds = scenarios.validate(kind, parameters)
    rule = Rule(slug=slug, name=name, kind=kind, typology=typology, obligation=obligation, source=source)
    try:
        with transaction.atomic():
            history.save(rule, actor=actor, reason="created")
    except IntegrityError:
        raise Conflict(f"There is a rule {slug!r} already.") from None
    _enforce(rule, 1, holds, reason, actor)
    data: dict[str, Any] = {
        "rule": slug, "kind": kind, "typology": typology, "parameters": holds, "version": 1, "reason": reason,
        "source": source.slug if source else None,
    }  # fmt: skip
    record(actor=actor, action="rule.create", subject=rule, data=data)
    return rule


@service
def rule_change(
    *, actor: User, rule: Rule, parameters: Mapping[str, Any], reason: str, version: int | None = None
) -> RuleVersion:
    """Put a new version with `parameters` in force; `version` is the rule's own as the actor saw it (`core.versions`).

    Who may: `model:config`. Records `rule.change` with parameters before and after, and the reason.
    Raises Invalid for parameters that do not hold or no reason, Stale when somebody changed it meanwhile.
    """
    rule = _lock(rule)
    access.require(actor, "change", rule)
    reason = require_reason(reason)
    holds = scenarios.validate(rule.kind, parameters)
    require_version(rule, version)
    newest = rule.versions.order_by("-number").first()
    if rule.live is not None and rule.live.parameters == holds:
        raise Invalid("These are the parameters in force; nothing would change.")
    before = rule.live.parameters if rule.live else None
    next_version = _enforce(rule, (newest.number if newest else 0) + 1, holds, reason, actor)
    data = {"rule": rule.slug, "version": next_version.number, "before": before, "parameters": holds, "reason": reason}
    record(actor=actor, action="rule.change", subject=rule, data=data)
    return next_version


@service
def rule_retire(*, actor: User, rule: Rule, reason: str, version: int | None = None) -> Rule:
    """Take a rule out of force; its versions stay, and a new version puts it back.

    Who may: `model:config`. Records `rule.retire` with the reason. Raises Stale, and InvalidTransition if it is not
    in force.
    """
    rule = _lock(rule)
    access.require(actor, "change", rule)
    reason = require_reason(reason)
    require_version(rule, version)
    if rule.live is None:
        raise InvalidTransition("This rule is not in force.")
    number, rule.live = rule.live.number, None
    history.save(rule, actor=actor, reason=reason)
    record(actor=actor, action="rule.retire", subject=rule, data={"version": number, "reason": reason})
    return rule


def ensure_default_rules(*, actor: User) -> list[Rule]:
    """The rules that every new installation starts with; those that exist already are left as they are.

    Who may: `model:config`. Records `rule.create` for each that is made.
    """
    limits = {"USD": ("10000", "50000"), "EUR": ("10000", "50000")}
    have = set(Rule.objects.values_list("slug", flat=True))
    return [
        rule_create(
            actor=actor, slug=f"large-amount-{currency.lower()}", name=f"Large amount, {currency}",
            kind=RuleKind.AMOUNT, typology=Typology.LARGE_AMOUNT, reason="The usual reporting limit.",
            parameters={"currency": currency, "review_at": review_at, "block_at": block_at},
        )
        for currency, (review_at, block_at) in limits.items()
        if f"large-amount-{currency.lower()}" not in have
    ]  # fmt: skip


def _enforce(rule: Rule, number: int, parameters: dict[str, Any], reason: str, actor: User) -> RuleVersion:
    version = RuleVersion.objects.create(
        rule=rule, number=number, parameters=parameters, reason=reason, created_by=actor
    )
    rule.live = version
    history.save(rule, actor=actor, reason=reason or "created")
    return version


def _lock(rule: Rule) -> Rule:
    locked = Rule.objects.select_for_update(of=("self",)).select_related("live").filter(pk=rule.pk).first()
    if locked is None:
        raise NotFound
    return locked


def _check_text(**texts: str) -> None:
    wrong = {name: ["This field is required."] for name, text in texts.items() if not text.strip()}
    wrong |= {
        name: [f"At most {limit} characters."]
        for name, limit in (("slug", 60), ("name", 120))
        if len(texts[name]) > limit
    }
    if wrong:
        raise Invalid(fields=wrong)
