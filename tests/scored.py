"""Two small models in force, so that there is something that scored and can be explained. Fitted once in a process."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from detection import features
from detection.choices import ModelRole, ModelStage
from detection.features.account import SUPERVISED
from detection.ml.estimators import boosting
from detection.ml.estimators.settings import BoostingSettings
from detection.ml.onnx.boosted_graph import boosted_graph
from detection.ml.training import anomaly
from detection.ml.training.settings import AnomalySettings
from detection.models import Alert
from detection.pipeline.assess import assess
from tests import factories

ACCOUNT = features.ACCOUNT


def alert() -> Alert:
    """A transaction over the limit of a rule, decided with both models; its alert, gathered, as `assess` leaves it."""
    factories.rule_version()
    champions()
    row = factories.transaction(amount_minor=1_250_000, country="FR")
    assess(batch=row.batch, transactions=[row])
    return Alert.objects.get(transaction=row)


def champions() -> None:
    """Put both models in force."""
    for role, (artefact, parameters) in _fitted().items():
        factories.model_version(
            role=role, kind=role.value, stage=ModelStage.CHAMPION, feature_set=ACCOUNT.name, artefact=artefact,
            sha256=hashlib.sha256(artefact).hexdigest(), parameters=parameters,
        )  # fmt: skip


@cache
def _fitted() -> dict[ModelRole, tuple[bytes, dict[str, Any]]]:
    """ONNX and parameters by role; of amounts around 30, of which the larger ones were confirmed."""
    import numpy as np

    chance = np.random.default_rng(3)
    matrix = chance.lognormal(0, 0.5, size=(600, len(ACCOUNT.names))).astype(np.float32)
    matrix[:, 0] *= 30
    trained = anomaly.train_anomaly(matrix, ACCOUNT, AnomalySettings(trees=10, sample=128))
    ranker = boosting.fit_ranker(matrix, matrix[:, 0] > 40, ACCOUNT.indexes(SUPERVISED), BoostingSettings(rounds=10))
    usual = {name: trained.parameters[name] for name in ("typical", "spread")}
    return {
        ModelRole.ANOMALY: (trained.artefact, trained.parameters),
        ModelRole.SUPERVISED: (boosted_graph(ranker.model, SUPERVISED, {"feature_set": ACCOUNT.name}), usual),
    }
