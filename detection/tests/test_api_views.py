"""The API of detection under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from detection.choices import ModelRole, Outcome
from detection.models import (
    Alert,
    Assessment,
    LateBatch,
    Reassessment,
    ReassessmentRun,
    RuleVersion,
    ShadowScore,
    TrainingRun,
)
from detection.rules.services import rule_change
from detection.tests import scenarios
from finobs.core import clock
from finobs.core.jobs.choices import ENDED_STATES, JobState
from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests
from tests.support.escalation import escalated

from .test_decision_make import fields
from .test_external_alerts import row

WINDOW = {"from": "2026-03-01", "to": "2026-03-30"}


def alert_of(of: ApiTests) -> Alert:
    """An alert in a case that the analyst may see."""
    queue = of.fixture("queue")
    queue.is_default = True
    queue.save()
    alert = factories.alert(score=0.8)
    escalated(alerts=[alert])
    return alert


class TestAlertList(ApiListTests):
    url = "detection_api:alert-list"

    def add_row(self) -> None:
        alert_of(self)


class TestAlertDetail(ApiDetailTests):
    url = "detection_api:alert-detail"

    def make(self) -> tuple[Any, ...]:
        return (alert_of(self).pk,)


class TestAlertsAdd(ApiActionTests):
    url = "detection_api:alert-list"
    actor = "admin"
    event = "batch.records"
    needs_key = True
    has_body_class = False

    def body(self) -> dict[str, Any]:
        return {"source": self.fixture("source").slug, "alerts": [row()]}


class TestAlertReplay(TestAlertDetail):
    url = "detection_api:alert-replay"


class TestAlertExplanation(ApiDetailTests):
    url = "detection_api:alert-explanation"

    def make(self) -> tuple[Any, ...]:
        queue = self.fixture("queue")
        queue.is_default = True
        queue.save()
        self.alert = scenarios.alert_of_two_models()
        return (self.alert.pk,)


class TestTransactionExplanation(TestAlertExplanation):
    url = "detection_api:transaction-explanation"

    def make(self) -> tuple[Any, ...]:
        super().make()
        return (self.alert.transaction_id,)


class TestDecisionMake(ApiActionTests):
    url = "detection_api:decision-make"
    actor = "admin"
    event = "batch.ingest"
    status = 201
    has_body_class = False
    repeat = 200

    def body(self) -> dict[str, Any]:
        return {"source": self.fixture("source").slug, **fields()}

    def test_the_same_request_again_is_answered_and_not_repeated(self, address: str) -> None:
        """A transaction that is known is no new one; that it came again is recorded."""
        actor, body = self.fixture(self.actor), self.body()
        first = self.send(actor, address, body).json()
        again = self.send(actor, address, body)
        assert (again.status_code, again.json()["transaction_id"]) == (self.repeat, first["transaction_id"])
        assert Assessment.objects.count() == 1


class TestDecisionBatch(ApiActionTests):
    url = "detection_api:decision-batch"
    actor = "admin"
    event = "batch.ingest"
    has_body_class = False
    needs_key = True

    def body(self) -> dict[str, Any]:
        return {"source": self.fixture("source").slug, "transactions": [fields()]}


class TestDecisionDetail(ApiDetailTests):
    url = "detection_api:decision-detail"
    reader = "admin"

    def make(self) -> tuple[Any, ...]:
        return (assessment().pk,)


def assessment() -> Assessment:
    return Assessment.objects.create(
        transaction=factories.transaction(), outcome=Outcome.APPROVE, score=None, assessed_at=factories.NOON
    )


class TestReassessmentList(ApiListTests):
    url = "detection_api:reassessment-list"

    def add_row(self) -> None:
        version, row, batch = factories.model_version(), assessment().transaction, late_batch().batch
        run = reassessment_run(self, source=batch.source, as_of=row.pk, state=JobState.DONE)
        Reassessment.objects.create(
            transaction=row, run=run, batch=batch, version_before=version, model_version=version, outcome_before="approve",
            outcome="review", score_before=0.1, score=0.9, feature_set="account-1", features=b"", digest="0" * 64,
            at=factories.NOON,
        )  # fmt: skip


class TestBatchLate(ApiDetailTests):
    url = "detection_api:batch-late"

    def make(self) -> tuple[Any, ...]:
        return (late_batch().pk,)


def late_batch() -> LateBatch:
    batch = factories.transaction().batch
    return LateBatch.objects.create(
        batch=batch, source=batch.source, due_at=factories.NOON + timedelta(hours=1), late=1, touched=2
    )


class TestRuleList(ApiListTests):
    url = "detection_api:rule-list"

    def add_row(self) -> None:
        factories.rule_version()


class OfRule(ApiTests):
    unknown = ("no-such-rule",)

    def make(self) -> tuple[Any, ...]:
        self.version: RuleVersion = factories.rule_version()
        return (self.version.rule.slug,)


class TestRuleDetail(OfRule, ApiDetailTests):
    url = "detection_api:rule-detail"


class TestRuleVersionList(OfRule, ApiListTests):
    url = "detection_api:rule-version-list"

    def add_row(self) -> None:
        newest = self.version.rule.versions.order_by("number").last()
        assert newest is not None
        limits = {**newest.parameters, "review_at": f"{10_000 + newest.number}.00"}
        rule_change(
            actor=self.fixture("admin"), rule=self.version.rule, parameters=limits, reason="Tuned.",
        )  # fmt: skip


class TestRuleChange(OfRule, ApiActionTests):
    url = "detection_api:rule-version-list"
    actor = "admin"
    event = "rule.change"
    status = 201
    repeat = 422

    def body(self) -> dict[str, Any]:
        return {
            "parameters": {"currency": "USD", "review_at": "9000.00", "block_at": "50000.00"}, "reason": "Tuned.",
        }  # fmt: skip


class TestModelList(ApiListTests):
    url = "detection_api:model-list"

    def add_row(self) -> None:
        factories.model_version()


class OfModel(ApiTests):
    """A version that looked on while ten transactions came in."""

    def make(self) -> tuple[Any, ...]:
        self.version = factories.model_version()
        for tenth in range(10):
            self.add_score(tenth / 10)
        return (self.version.pk,)

    def add_score(self, score: float) -> None:
        row = factories.transaction()
        ShadowScore.objects.create(transaction=row, model_version=self.version, score=score)


class TestModelDetail(OfModel, ApiDetailTests):
    url = "detection_api:model-detail"


class TestModelPerformance(OfModel, ApiDetailTests):
    url = "detection_api:model-performance"
    query = WINDOW


class TestModelCapacity(OfModel, ApiDetailTests):
    url = "detection_api:model-capacity"
    query = WINDOW


class TestModelLeaderboard(OfModel, ApiDetailTests):
    url = "detection_api:model-leaderboard"
    query = WINDOW

    def make(self) -> tuple[Any, ...]:
        super().make()
        return ()


class TestModelPerformanceRows(OfModel, ApiListTests):
    url = "detection_api:model-performance-rows"
    query = WINDOW

    def add_row(self) -> None:
        self.add_score(0.95)


class TestModelThresholdSet(OfModel, ApiActionTests):
    url = "detection_api:model-threshold-set"
    actor = "admin"
    event = "model.threshold_set"
    status = 201
    repeat = 201

    def body(self) -> dict[str, Any]:
        return {"alerts_a_day": 1, "reason": "Fewer people in summer.", **WINDOW}


class TestModelShadow(OfModel, ApiActionTests):
    url = "detection_api:model-shadow"
    actor = "admin"
    event = "model.shadow"
    repeat = 409

    def body(self) -> dict[str, Any]:
        return {"reason": "Better than the one before."}


class TestModelChallenge(TestModelShadow):
    url = "detection_api:model-challenge"
    event = "model.challenge"


class TestModelRetire(TestModelShadow):
    url = "detection_api:model-retire"
    event = "model.retire"


class TestModelPromote(TestModelShadow):
    url = "detection_api:model-promote"
    event = "approval.request"
    status = 202
    repeat = 202


class TestTrainingList(ApiListTests):
    url = "detection_api:training-list"

    def add_row(self) -> None:
        training_run(self, state=JobState.DONE)


def training_run(of: ApiTests, **fields: Any) -> TrainingRun:
    parameters = {"rows": 0, "share": "0.005", "seed": 7}
    return TrainingRun.objects.create(
        role=ModelRole.ANOMALY, parameters=parameters, requested_by=of.fixture("admin"), **ended(fields)
    )


def reassessment_run(of: ApiTests, **fields: Any) -> ReassessmentRun:
    """Of a source of its own: one of a source may be open."""
    values = {"source": factories.source(), "as_of": 1, "requested_by": of.fixture("admin")}
    return ReassessmentRun.objects.create(**{**values, **ended(fields)})


def ended(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"ended_at": clock.now()} if fields.get("state") in ENDED_STATES else fields


class TestTrainingRequest(ApiActionTests):
    url = "detection_api:training-list"
    actor = "admin"
    event = "training.request"
    status = 202
    repeat = 202

    def body(self) -> dict[str, Any]:
        return {"role": "supervised"}


class TestTrainingDetail(ApiDetailTests):
    url = "detection_api:training-detail"

    def make(self) -> tuple[Any, ...]:
        return (training_run(self).pk,)


class TestTrainingCancel(ApiActionTests):
    url = "detection_api:training-cancel"
    actor = "admin"
    event = "training.cancel"
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        return (training_run(self).pk,)

    def body(self) -> dict[str, Any]:
        return {"reason": "Not now."}


class TestTrainingRetry(ApiActionTests):
    url = "detection_api:training-retry"
    actor = "admin"
    event = "training.retry"
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        return (training_run(self, state=JobState.FAILED).pk,)

    def body(self) -> dict[str, Any]:
        return {"reason": "The disk was full."}


class TestReassessmentRunList(ApiListTests):
    url = "detection_api:reassessment-run-list"

    def add_row(self) -> None:
        reassessment_run(self)


class TestReassessmentRunDetail(ApiDetailTests):
    url = "detection_api:reassessment-run-detail"

    def make(self) -> tuple[Any, ...]:
        return (reassessment_run(self).pk,)


class TestReassessmentRunCancel(ApiActionTests):
    url = "detection_api:reassessment-run-cancel"
    actor = "admin"
    event = "reassessment.cancel"
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        return (reassessment_run(self).pk,)

    def body(self) -> dict[str, Any]:
        return {"reason": "Not now."}


class TestReassessmentRunRetry(ApiActionTests):
    url = "detection_api:reassessment-run-retry"
    actor = "admin"
    event = "reassessment.retry"
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        source = factories.transaction().source
        return (reassessment_run(self, source=source, state=JobState.CANCELLED).pk,)

    def body(self) -> dict[str, Any]:
        return {"reason": "The disk was full."}
