"""The 25 named permissions and the six roles, in one table. The database follows it at every migrate.

Source: feature inventory, section A. The auditor is ours: reads everything, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

PERMISSIONS: Final[dict[str, str]] = {
    "user:create": "Create people and machine accounts",
    "user:delete": "Deactivate people and machine accounts",
    "user:update": "Change people and machine accounts",
    "user:list": "See people and machine accounts",
    "user:role_assign": "Give and take roles and grants",
    "compliance:read": "Read cases and incidents",
    "compliance:resolve": "Decide cases",
    "compliance:export": "Export compliance records",
    "agent:read": "Read agent proposals",
    "agent:approve": "Approve agent proposals",
    "agent:reject": "Reject agent proposals",
    "agent:triage": "Ask an agent to triage",
    "model:read": "Read models and rules",
    "model:retrain": "Train models",
    "model:drift_check": "Check drift",
    "model:config": "Change models and rules",
    "transaction:read": "Read transactions, accounts and counterparties",
    "transaction:create": "Bring transactions in, correct and release quarantined rows",
    "anomaly:read": "Read alerts",
    "anomaly:train": "Label alerts for training",
    "system:metrics_read": "Read dashboards and metrics",
    "system:config": "Configure sources, queues, policies and the system",
    "audit:read": "Read the ledger",
    "explain:read": "Read explanations",
    "explain:batch": "Explain in bulk",
}

# Whoever may no more than these changes nothing.
READ_PERMISSIONS: Final = frozenset(name for name in PERMISSIONS if name.endswith((":read", "_read", ":list")))

_ANALYST = {
    "compliance:read", "agent:read", "model:read", "transaction:read",
    "anomaly:read", "system:metrics_read", "explain:read", "audit:read",
}  # fmt: skip

ROLES: Final[dict[str, frozenset[str]]] = {
    "admin": frozenset(PERMISSIONS),
    "compliance": frozenset(
        {
            "compliance:read", "compliance:resolve", "compliance:export",
            "agent:read", "agent:approve", "agent:reject", "agent:triage",
            "model:read", "model:drift_check", "transaction:read", "anomaly:read", "system:metrics_read",
            "audit:read", "explain:read", "explain:batch", "user:list",
        }
    ),
    "analyst": frozenset(_ANALYST),
    "viewer": frozenset({"compliance:read", "transaction:read", "system:metrics_read", "model:read"}),
    "auditor": frozenset(_ANALYST | {"user:list"}),
    # A machine that brings rows in, and reads nothing.
    "feed": frozenset({"transaction:create"}),
}  # fmt: skip

# Grants on the organisation that go with a permission, until somebody says otherwise.
FIRST_USE: Final = {"read_data": "transaction:read", "feed": "transaction:create"}

# Whose work is in the administration: a person with one of these may open it.
STAFF_ROLES: Final = frozenset({"admin"})


def only_read(scopes: Iterable[str]) -> bool:
    """Does none of these scopes of a token let it change anything?"""
    return READ_PERMISSIONS.issuperset(scopes)


def synchronise() -> None:
    """Make the database's permissions and role groups equal this table. Idempotent."""
    from django.contrib.auth.models import Group, Permission
    from django.contrib.contenttypes.models import ContentType

    from .models import User
    from .unit_tree import ensure_root

    ensure_root()
    kind = ContentType.objects.get_for_model(User)
    permissions = {}
    for codename, name in PERMISSIONS.items():
        permissions[codename], _ = Permission.objects.update_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
    # A permission that left the table must not live on in a role.
    Permission.objects.filter(content_type=kind).exclude(codename__in=PERMISSIONS).delete()
    for role, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([permissions[name] for name in sorted(names)])
    grant_first_use()


def grant_first_use() -> None:
    """While the organisation is its only unit, and nobody has said who may read and feed it: whose role is for that.

    With it a new database, and one from before there were units, shows everybody what it showed them.
    """
    from django.contrib.auth.models import Group

    from finobs.core import access

    from .org_units import ROOT_ID, OrgUnit, OrgUnitGroupGrant

    units = OrgUnit.objects.all()
    if units.exclude(pk=ROOT_ID).exists() or OrgUnitGroupGrant.objects.filter(content_object_id=ROOT_ID).exists():
        return
    root = units.get(pk=ROOT_ID)
    _ensure_grants_exist()
    for grant, permission in FIRST_USE.items():
        for role in sorted(role for role, names in ROLES.items() if permission in names):
            access.grant(Group.objects.get(name=role), grant, root)


def _ensure_grants_exist() -> None:
    """Django makes the permissions of a model when `migrate` is done, perhaps after this."""
    from django.apps import apps
    from django.contrib.auth.management import create_permissions

    create_permissions(apps.get_app_config("accounts"), verbosity=0)
