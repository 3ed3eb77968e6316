"""The organisation of the demo: two legal entities with their branches, queues and sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import Group

from cases.choices import PolicyKind
from cases.models import Queue, Tag, WorkPolicy
from cases.policies.shipped import CONTENTS, GATHERING, POLICY_NAMES
from cases.services import queue_create, tag_create, work_policy_change
from detection.choices import RuleKind, Typology
from detection.models import Rule
from detection.rules.services import rule_create
from finobs.accounts.choices import UnitKind
from finobs.accounts.models import OrgUnit, OrgUnitGroupGrant, User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.services import unit_create, unit_revoke
from transactions.models import Source
from transactions.services import source_create

from .bank.entities import ENTITIES, Entity
from .bank.rows import ATTRIBUTES

AML_TYPOLOGIES: Final = (
    Typology.LARGE_AMOUNT, Typology.STRUCTURING, Typology.RAPID_IN_OUT, Typology.ROUND_AMOUNTS, Typology.DORMANT,
)  # fmt: skip
# Of the organisation itself. Both entities share the fraud desk; what comes from no entity goes to the first.
GROUP_QUEUES: Final[tuple[dict[str, Any], ...]] = (
    {
        "slug": "aml-1", "name": "AML level 1", "is_default": True,
        "description": "Large amounts, structuring, and money that passes through, of what is in no legal entity.",
        "typologies": list(AML_TYPOLOGIES),
    },
    {
        "slug": "fraud", "name": "Fraud desk", "alerts_a_day": 12,
        "description": "Unusual payments, leaked cards, compromised terminals, of all legal entities.",
        "typologies": [Typology.UNUSUAL, Typology.LEAKED_CARD, Typology.COMPROMISED_TERMINAL],
    },
)  # fmt: skip
# Near the limits from which cash is reported in the United States and the European Union.
# For review alone: the demo's payments come in as files after they were settled, and nothing could hold them any more.
AMOUNT_LIMITS: Final = (("USD", "8500.00"), ("EUR", "8500.00"), ("GBP", "7500.00"))
# On what the entities' sources say of a payment: slug, name, typology, and which attribute is what.
ATTRIBUTE_RULES: Final = (
    ("cash-seven-days", "Cash within seven days", Typology.STRUCTURING, "cash_7d", "above", "10000"),
    ("cards-one-day", "Many card payments within a day", Typology.LEAKED_CARD, "cards_24h", "above", "5"),
    # 6051 is quasi-cash: crypto-assets among it.
    ("quasi-cash", "Crypto-assets and quasi-cash", Typology.RAPID_IN_OUT, "mcc", "is", "6051"),
)
ESCALATED_AT_ONCE: Final[list[dict[str, Any]]] = [{"severity": "block"}, {"alerts_min": 4}]
# An episode: what comes within a week of the last alert on the same customer is looked at together.
GAP_HOURS: Final = 7 * 24
GATHERING_REASON: Final = "Alerts up to seven days apart are one episode; many of them are a case at once"
TAGS: Final = (
    ("cash", "Cash"), ("vulnerable-customer", "Vulnerable customer"), ("same-merchant", "Same merchant"),
    ("documents-seen", "Documents seen"), ("payroll", "Payroll"),
)  # fmt: skip
# Whose work is in one entity: their role alone shows them nothing, their grants show them their unit.
ROLES_BY_UNIT: Final = ("analyst", "compliance")
ROOT: Final = "root"


@dataclass(frozen=True, slots=True)
class Organisation:
    """units and sources by their codes; `ROOT` is the organisation itself. queues by their slugs."""

    units: dict[str, OrgUnit]
    queues: dict[str, Queue]
    sources: dict[str, Source]


def group_queues(actor: User) -> dict[str, Queue]:
    return {row["slug"]: ensure_queue(actor, row) for row in GROUP_QUEUES}


def ensure_queue(actor: User, row: dict[str, Any]) -> Queue:
    return Queue.objects.filter(slug=row["slug"]).first() or queue_create(actor=actor, **row)


def aml_slug(entity: Entity) -> str:
    return f"aml-{entity.code}"


def ensure_organisation(actor: User) -> Organisation:
    """Make what is not there yet: units, queues, sources. Who was given what since stays so."""
    root = OrgUnit.objects.get(pk=ROOT_ID)
    units, queues, sources = {ROOT: root}, group_queues(actor), {}
    for entity in ENTITIES:
        units[entity.code] = unit = _unit(actor, entity.code, entity.name, UnitKind.LEGAL_ENTITY, root)
        for branch in entity.branches:
            code = branch_code(entity, branch.code)
            units[code] = _unit(actor, code, f"{branch.name} (synthetic)", UnitKind.BRANCH, unit)
        queues[aml_slug(entity)] = ensure_queue(actor, _aml_queue(entity, unit))
        sources[entity.code] = Source.objects.filter(slug=entity.code).first() or source_create(
            actor=actor, slug=entity.code, name=f"{entity.name.split()[0]} core banking (synthetic)",
            default_currency=entity.currency, time_zone=entity.time_zone, attributes=ATTRIBUTES, unit=unit,
        )  # fmt: skip
    return Organisation(units, queues, sources)


def branch_code(entity: Entity, branch: str) -> str:
    return f"{entity.code}-{branch}"


def separate_roles(actor: User, root: OrgUnit) -> None:
    """Take from the roles of `ROLES_BY_UNIT` that they read the whole organisation: from then on their people read the
    units that they hold grants on (decision 37)."""
    for group in Group.objects.filter(name__in=ROLES_BY_UNIT).order_by("name"):
        grants = OrgUnitGroupGrant.objects.filter(content_object=root, group=group)
        if grants.filter(permission__codename="read_data_orgunit").exists():
            unit_revoke(actor=actor, unit=root, principal=group, action="read_data")


def ensure_rules(actor: User) -> None:
    """Limits of amounts."""
    for currency, review in AMOUNT_LIMITS:
        parameters = {"currency": currency, "review_at": review}
        _rule(actor, f"large-amount-{currency.lower()}", f"Large amount in {currency}", RuleKind.AMOUNT,
              Typology.LARGE_AMOUNT, parameters)  # fmt: skip


def ensure_gathering(actor: User) -> None:
    """What is grave, or keeps coming, needs no look before it is investigated. A policy that is there stays."""
    if not WorkPolicy.objects.filter(slug=GATHERING).exists():
        content = {**CONTENTS[PolicyKind.GATHERING, GATHERING], "gap_hours": GAP_HOURS, "escalate": ESCALATED_AT_ONCE}
        policy = WorkPolicy(
            kind=PolicyKind.GATHERING, slug=GATHERING, name=POLICY_NAMES[PolicyKind.GATHERING, GATHERING]
        )
        work_policy_change(actor=actor, policy=policy, content=content, reason=GATHERING_REASON)


def ensure_tags(actor: User) -> None:
    existing = set(Tag.objects.values_list("slug", flat=True))
    for slug, name in TAGS:
        if slug not in existing:
            tag_create(actor=actor, slug=slug, name=name)


def ensure_attribute_rules(actor: User) -> None:
    for slug, name, typology, attribute, test, value in ATTRIBUTE_RULES:
        parameters = {"attribute": attribute, "test": test, "value": value, "outcome": "review"}
        _rule(actor, slug, name, RuleKind.ATTRIBUTE, typology, parameters)


def _rule(actor: User, slug: str, name: str, kind: str, typology: str, parameters: dict[str, str]) -> None:
    if not Rule.objects.filter(slug=slug).exists():
        rule_create(
            actor=actor, slug=slug, name=name, kind=kind, typology=typology, reason="Demo data", parameters=parameters
        )


def _aml_queue(entity: Entity, unit: OrgUnit) -> dict[str, Any]:
    return {
        "slug": aml_slug(entity), "name": f"AML {entity.name.split()[0]}", "is_default": True, "unit": unit,
        "description": f"Large amounts, structuring, and money that passes through, at {entity.name}.",
        "typologies": list(AML_TYPOLOGIES),
    }  # fmt: skip


def _unit(actor: User, code: str, name: str, kind: UnitKind, parent: OrgUnit) -> OrgUnit:
    existing = OrgUnit.objects.filter(code=code).first()
    return existing or unit_create(actor=actor, code=code, name=name, kind=kind, parent=parent)
