"""What detection's tests stand on: batches of transactions, and models that learned from them.

A model is trained once in a process for the same rows (`trained`); what trains by itself uses `model_train`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from unittest import mock

import pytest

from approvals.models import ApprovalRequest
from approvals.services import request_decide
from detection import features
from detection.choices import ModelRole, ModelStage
from detection.features.account import SUPERVISED
from detection.features.matrices import columns_for, matrix_for
from detection.ml.estimators import boosting
from detection.ml.estimators.settings import BoostingSettings
from detection.ml.onnx.boosted_graph import boosted_graph
from detection.ml.registry.services import model_install
from detection.ml.training import anomaly
from detection.ml.training.services import model_train
from detection.ml.training.settings import AnomalySettings
from detection.models import Alert, ModelVersion
from detection.pipeline.assess import assess
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core.errors import ApprovalRequired
from tests import factories
from transactions.choices import IngestMethod
from transactions.models import Account, Batch, Counterparty, Label, Source, Transaction

DAYS = 50
# After them, outcomes of all but the newest week are known.
NOW = factories.NOON + timedelta(days=DAYS)
KNOWN_AFTER = timedelta(days=3)


def batch(of: Source, number: int) -> Batch:
    return Batch.objects.create(
        source=of, method=IngestMethod.REST, actor=system_actor("test"), received=number, accepted=number
    )


def transactions(of: Source, amounts: Sequence[int], **fields: Any) -> list[Transaction]:
    """One batch of transactions of these amounts (minor units), not assessed yet."""
    into = batch(of, len(amounts))
    owner, _ = Account.objects.get_or_create(source=of, external_id="A-1")
    shop, _ = Counterparty.objects.get_or_create(source=of, external_id="M-1")
    first = Transaction.objects.count()
    rows = [
        Transaction(
            source=of, external_id=f"X-{first + index}", batch=into, position=index, account=owner, counterparty=shop,
            amount_minor=amount, received_at=factories.NOON,
            digest=hashlib.sha256(str(first + index).encode()).digest(),
            **{"currency": "USD", "occurred_at": factories.NOON + timedelta(minutes=7 * index), **fields},
        )
        for index, amount in enumerate(amounts)
    ]  # fmt: skip
    return Transaction.objects.bulk_create(rows, batch_size=500)


def usual_amounts(number: int, seed: int = 3) -> list[int]:
    """Amounts of an ordinary account."""
    chance = random.Random(seed)
    return [round(chance.lognormvariate(8, 0.8)) + 1 for _ in range(number)]


def champion(of: Source, actor: Any, number: int = 1_200) -> ModelVersion:
    transactions(of, usual_amounts(number))
    return install(trained(actor=actor, source=of))


_FITS: dict[str, anomaly.TrainedModel] = {}


def trained(**fields: Any) -> ModelVersion:
    """As `model_train`, but a model of the same rows and settings is fitted once for all tests of this process."""
    fit = anomaly.train_anomaly

    def shared_fit(matrix: Any, feature_set: Any, settings: Any, *rest: Any) -> anomaly.TrainedModel:
        key = hashlib.sha256(f"{feature_set.name} {settings} {matrix.shape}".encode() + matrix.tobytes()).hexdigest()
        if key not in _FITS:
            _FITS[key] = fit(matrix, feature_set, settings, *rest)
        # A test may change what its version keeps of it.
        return deepcopy(_FITS[key])

    with mock.patch.object(anomaly, "train_anomaly", shared_fit):
        return model_train(**fields)


def install(version: ModelVersion) -> ModelVersion:
    """In force as the first of its role."""
    return model_install(actor=system_actor("test"), model_version=version, reason="First")


def approved_step(step: Any, actor: Any, version: ModelVersion, reason: str = "Better") -> ModelVersion:
    """A step that somebody else approves: proposed by `actor`, agreed to by a lead."""
    with pytest.raises(ApprovalRequired) as refusal:
        step(actor=actor, model_version=version, reason=reason)
    request = ApprovalRequest.objects.get(pk=refusal.value.request_id)
    request_decide(actor=approver(), request=request, vote="approve", digest=request.digest)
    version.refresh_from_db()
    return version


def approver() -> Any:
    return User.objects.filter(name="Second Pair").first() or factories.user("Second Pair", role="compliance")


def supervised_model(learned: Sequence[Transaction], threshold: float = 0.5, stage: str = "champion") -> ModelVersion:
    """A re-ranker that was told that everything above the median amount of `learned` was confirmed."""
    matrix = matrix_for("account-1", columns_for("account-1", learned))
    own = features.ACCOUNT.indexes(SUPERVISED)
    suspicious = matrix[:, 0] > sorted(matrix[:, 0].tolist())[len(matrix) // 2]
    fitted = boosting.fit_ranker(matrix, suspicious, own, BoostingSettings(rounds=20))
    metadata = {"feature_set": "account-1", "feature_digest": features.ACCOUNT.digest}
    artefact = boosted_graph(fitted.model, SUPERVISED, metadata)
    return ModelVersion.objects.create(
        role="supervised", kind="supervised", number=ModelVersion.objects.count() + 1, feature_set="account-1",
        parameters={"feature_digest": features.ACCOUNT.digest}, training_rows=len(learned), threshold=threshold,
        trained_from=learned[0].occurred_at, trained_to=learned[-1].occurred_at, artefact=artefact,
        sha256=hashlib.sha256(artefact).hexdigest(), stage=stage, created_by=system_actor("test"),
    )  # fmt: skip


def at(hour: int) -> datetime:
    return factories.NOON.replace(hour=hour)


def fifty_days(of: Source, a_day: int = 40, share: float = 0.06, seed: int = 1) -> list[Transaction]:
    """`a_day` transactions on each of 50 days; about `share` of them large, and most of these confirmed in three days."""
    chance = random.Random(seed)
    owners = [Account.objects.create(source=of, external_id=f"A-{number}") for number in range(20)]
    shops = [Counterparty.objects.create(source=of, external_id=f"M-{number}") for number in range(10)]
    into, rows, suspicious = batch(of, a_day * DAYS), [], []
    for number in range(a_day * DAYS):
        odd = chance.random() < share
        amount = round(chance.lognormvariate(8, 0.6) * (12 if odd else 1)) + 1
        at = factories.NOON + timedelta(days=number / a_day)
        row = Transaction(
            source=of, external_id=f"L-{number}", batch=into, position=number, account=chance.choice(owners),
            counterparty=chance.choice(shops), amount_minor=amount, currency="USD", occurred_at=at, received_at=at,
            digest=hashlib.sha256(f"L-{number}".encode()).digest(),
        )  # fmt: skip
        rows.append(row)
        suspicious.append(odd and chance.random() < 0.9)
    saved = Transaction.objects.bulk_create(rows, batch_size=500)
    confirm([row for row, is_so in zip(saved, suspicious, strict=True) if is_so])
    return saved


def confirm(rows: list[Transaction], known_at: datetime | None = None) -> None:
    Label.objects.bulk_create(
        [Label(transaction=row, is_suspicious=True, known_at=known_at or row.occurred_at + KNOWN_AFTER) for row in rows]
    )


def alert_of_two_models(of: Account | None = None) -> Alert:
    """A transaction over the limit of a rule, decided with both models; its alert, gathered, as `assess` leaves it."""
    factories.rule_version()
    two_champions()
    return alert_in_force(of)


def alert_in_force(of: Account | None = None) -> Alert:
    """The same by what is in force already."""
    row = factories.transaction(of=of, amount_minor=1_250_000, country="FR")
    assess(batch=row.batch, transactions=[row])
    return Alert.objects.get(transaction=row)


def two_champions() -> None:
    """Put both models in force."""
    for role, (artefact, parameters) in _two_models().items():
        factories.model_version(
            role=role, kind=role.value, stage=ModelStage.CHAMPION, feature_set=features.ACCOUNT.name, artefact=artefact,
            sha256=hashlib.sha256(artefact).hexdigest(), parameters=parameters,
        )  # fmt: skip


@cache
def _two_models() -> dict[ModelRole, tuple[bytes, dict[str, Any]]]:
    """ONNX and parameters by role; of amounts around 30, of which the larger ones were confirmed."""
    import numpy as np

    chance = np.random.default_rng(3)
    matrix = chance.lognormal(0, 0.5, size=(600, len(features.ACCOUNT.names))).astype(np.float32)
    matrix[:, 0] *= 30
    trained = anomaly.train_anomaly(matrix, features.ACCOUNT, AnomalySettings(trees=10, sample=128))
    ranker = boosting.fit_ranker(
        matrix, matrix[:, 0] > 40, features.ACCOUNT.indexes(SUPERVISED), BoostingSettings(rounds=10)
    )
    usual = {name: trained.parameters[name] for name in ("typical", "spread")}
    return {
        ModelRole.ANOMALY: (trained.artefact, trained.parameters),
        ModelRole.SUPERVISED: (boosted_graph(ranker.model, SUPERVISED, {"feature_set": features.ACCOUNT.name}), usual),
    }
