"""The table in the code is the feature inventory's, and the database follows it."""

import pytest
from django.contrib.auth.models import Group, Permission

from finobs.accounts import roles
from finobs.accounts.models import User

pytestmark = pytest.mark.django_db

INVENTORY = {
    "user": "create update delete list role_assign",
    "compliance": "read resolve export",
    "agent": "read approve reject triage",
    "model": "read retrain drift_check config",
    "transaction": "read create",
    "anomaly": "read train",
    "system": "metrics_read config",
    "audit": "read",
    "explain": "read batch",
}


def test_the_25_permissions_are_those_of_the_inventory():
    named = {f"{subject}:{verb}" for subject, verbs in INVENTORY.items() for verb in verbs.split()}
    assert set(roles.PERMISSIONS) == named
    assert len(named) == 25


@pytest.mark.parametrize(
    ("role", "size"), [("admin", 25), ("compliance", 16), ("analyst", 8), ("viewer", 4), ("auditor", 9)]
)
def test_each_role_has_its_size_in_code_and_database(role, size):
    assert len(roles.ROLES[role]) == size
    held = Group.objects.get(name=role).permissions.values_list("codename", flat=True)
    assert set(held) == set(roles.ROLES[role])


def test_the_roles_hold_what_the_inventory_says():
    assert roles.ROLES["compliance"] == {
        "compliance:read", "compliance:resolve", "compliance:export", "agent:read", "agent:approve", "agent:reject",
        "agent:triage", "model:read", "model:drift_check", "transaction:read", "anomaly:read", "system:metrics_read",
        "audit:read", "explain:read", "explain:batch", "user:list",
    }  # fmt: skip
    assert roles.ROLES["analyst"] == {
        "compliance:read", "agent:read", "model:read", "transaction:read", "anomaly:read", "system:metrics_read",
        "explain:read", "audit:read",
    }  # fmt: skip
    assert roles.ROLES["viewer"] == {"compliance:read", "transaction:read", "system:metrics_read", "model:read"}


def test_the_auditor_reads_and_changes_nothing():
    assert all(name.split(":")[1] in {"read", "list", "metrics_read"} for name in roles.ROLES["auditor"])


def test_what_was_tampered_with_in_the_database_is_put_right():
    viewer = Group.objects.get(name="viewer")
    viewer.permissions.add(Permission.objects.get(codename="user:role_assign"))
    Permission.objects.filter(codename="audit:read").delete()
    roles.synchronise()
    assert set(viewer.permissions.values_list("codename", flat=True)) == roles.ROLES["viewer"]
    assert Group.objects.get(name="auditor").permissions.filter(codename="audit:read").exists()


def test_no_permission_of_djangos_own_is_left_on_people():
    assert set(
        Permission.objects.filter(content_type__app_label="accounts", content_type__model="user").values_list(
            "codename", flat=True
        )
    ) == set(roles.PERMISSIONS)


def test_nobody_has_single_permissions_beside_their_roles():
    assert not User.user_permissions.through.objects.exists()
