"""Who may do what with rules, models, alerts and runs: every role, every action, on a row of each."""

from __future__ import annotations

from typing import Any

import pytest

from detection.models import Alert, Assessment, ModelVersion, ReassessmentRun, Rule, RuleVersion, TrainingRun
from finobs.accounts.models import User
from finobs.core import access
from tests import factories

pytestmark = pytest.mark.django_db
READERS = {"admin", "compliance", "analyst", "viewer", "auditor"}
ADMIN = {"admin"}
TABLE: dict[tuple[type[Any], str], set[str]] = {
    (Rule, "view"): READERS, (Rule, "create"): ADMIN, (Rule, "change"): ADMIN,
    (RuleVersion, "view"): READERS, (RuleVersion, "create"): ADMIN, (RuleVersion, "change"): ADMIN,
    (ModelVersion, "view"): READERS, (ModelVersion, "create"): ADMIN, (ModelVersion, "change"): ADMIN,
    (ModelVersion, "train"): ADMIN, (ModelVersion, "approve"): {"admin", "compliance"},
    (TrainingRun, "view"): READERS, (TrainingRun, "cancel"): ADMIN, (TrainingRun, "retry"): ADMIN,
    (Assessment, "view"): READERS, (Assessment, "decide"): ADMIN | {"feed"}, (Assessment, "explain"): READERS - {"viewer"},
    (ReassessmentRun, "view"): READERS, (ReassessmentRun, "cancel"): ADMIN, (ReassessmentRun, "retry"): ADMIN,
    (Assessment, "measure"): READERS, (Alert, "measure"): READERS,
    (Alert, "view"): READERS - {"viewer"}, (Alert, "explanations_fill"): ADMIN,
}  # fmt: skip
CASES = [(model, action, role) for model, action in TABLE for role in sorted(READERS | {"feed"})]


@pytest.mark.parametrize(("model", "action", "role"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_a_role_may_what_the_table_says_and_nothing_else(model: type[Any], action: str, role: str) -> None:
    person = factories.user(role=role)
    assert access.allowed(person, action, model) is (role in TABLE[model, action])


@pytest.mark.parametrize(
    ("model", "action"), sorted(TABLE, key=str), ids=lambda value: getattr(value, "__name__", value)
)
def test_a_person_without_a_role_may_nothing(model: type[Any], action: str, stranger: User) -> None:
    assert not access.allowed(stranger, action, model)
    assert not access.restrict(model.objects.all(), stranger, action).exists()


def test_the_table_holds_every_action_of_these_models() -> None:
    models = {model for model, _ in TABLE}
    registered = {(model, action) for model, action in access.rules() if model in models}
    assert registered == set(TABLE)
