"""Rules and models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q

from detection.alerts.services import _fill
from detection.choices import ModelStage, RuleKind, Typology
from detection.ml.registry import services as registry
from detection.ml.training.services import model_publish, training_request
from detection.performance.services import model_threshold_set
from detection.rules import services as rules
from detection.tests import factories as detection
from tests import factories

from .scene import (
    REASON,
    Scene,
    by_admin,
    by_finobs,
    numbers,
    scene,
    unsaved_version,
)


def on_version(act: Callable[..., Any], **fields: Any) -> Scene:
    version = factories.model_version(**fields)
    return by_admin(lambda actor: act(actor=actor, model_version=version, reason=REASON))


@scene
def of_model_shadow() -> Scene:
    return on_version(registry.model_shadow)


@scene
def of_model_challenge() -> Scene:
    return on_version(registry.model_challenge)


@scene
def of_model_promote() -> Scene:
    return on_version(registry.model_promote)


@scene
def of_model_retire() -> Scene:
    return on_version(registry.model_retire)


@scene
def of_model_install() -> Scene:
    version = factories.model_version()
    return by_finobs(lambda actor: registry.model_install(actor=actor, model_version=version, reason=REASON))


@scene
def of_model_publish() -> Scene:
    version = unsaved_version()
    return by_admin(lambda actor: model_publish(actor=actor, version=version))


@scene
def of_training_request() -> Scene:
    return by_admin(lambda actor: training_request(actor=actor, role="anomaly", wake=False))


@scene
def of__model_threshold_set() -> Scene:
    version = detection.model_version(
        stage=ModelStage.CHAMPION, threshold=0.9, metrics={"parity": 1e-7, "flagged_share": 0.01, "edges": [0, 1]}
    )
    owner = factories.account()
    for index in range(40):
        at = factories.NOON + timedelta(days=index % 2)
        detection.scored_transaction(version, round(0.6 + index / 1_000, 6), of=owner, at=at)
    return by_admin(
        lambda actor: model_threshold_set(
            actor=actor, version=version, alerts_a_day=4, window=detection.WINDOW, reason=REASON
        )
    )


AMOUNTS: Final = {"currency": "USD", "review_at": "20000.00", "block_at": "60000.00"}


@scene
def of_rule_create() -> Scene:
    slug = f"rule-of-{next(numbers)}"
    return by_admin(
        lambda actor: rules.rule_create(
            actor=actor, slug=slug, name="A rule", kind=RuleKind.AMOUNT, typology=Typology.LARGE_AMOUNT,
            parameters=AMOUNTS,
        )
    )  # fmt: skip


@scene
def of_rule_change() -> Scene:
    rule = factories.rule_version().rule
    return by_admin(
        lambda actor: rules.rule_change(actor=actor, rule=rule, parameters=AMOUNTS, reason=REASON, version=1)
    )


@scene
def of_rule_retire() -> Scene:
    rule = factories.rule_version().rule
    return by_admin(lambda actor: rules.rule_retire(actor=actor, rule=rule, reason=REASON))


@scene
def of__fill() -> Scene:
    alert = factories.alert(model_version=factories.model_version(), snapshot_digest="1" * 64)
    chosen = Q(pk=alert.pk)
    return by_finobs(lambda actor: _fill(actor=actor, chosen=chosen, after=0))
