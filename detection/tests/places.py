"""What detection's tests stand on: batches of transactions, and a gatherer that only remembers."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.models import ApprovalRequest
from approvals.services import request_decide
from detection.ml.registry.services import model_install
from detection.ml.training.services import model_train
from detection.models import ModelVersion
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core.errors import ApprovalRequired
from tests import factories
from transactions.choices import IngestMethod
from transactions.models import Account, Batch, Counterparty, Source, Transaction


def batch(of: Source, number: int) -> Batch:
    return Batch.objects.create(
        source=of, method=IngestMethod.REST, actor=system_actor("test"), received=number, accepted=number
    )


def arrived(of: Source, amounts: Sequence[int], **fields: Any) -> list[Transaction]:
    """One batch of transactions of these amounts (minor units), not assessed yet."""
    into = batch(of, len(amounts))
    owner, _ = Account.objects.get_or_create(source=of, external_id="A-1")
    shop, _ = Counterparty.objects.get_or_create(source=of, external_id="M-1")
    first = Transaction.objects.count()
    made = [
        Transaction(
            source=of, external_id=f"X-{first + index}", batch=into, position=index, account=owner, counterparty=shop,
            amount_minor=amount, received_at=factories.NOON,
            digest=hashlib.sha256(str(first + index).encode()).digest(),
            **{"currency": "USD", "occurred_at": factories.NOON + timedelta(minutes=7 * index), **fields},
        )
        for index, amount in enumerate(amounts)
    ]  # fmt: skip
    return Transaction.objects.bulk_create(made, batch_size=500)


def habits(number: int, seed: int = 3) -> list[int]:
    """Amounts of an ordinary account."""
    chance = random.Random(seed)
    return [round(chance.lognormvariate(8, 0.8)) + 1 for _ in range(number)]


def champion(of: Source, actor: Any, number: int = 1_200) -> ModelVersion:
    arrived(of, habits(number))
    return installed(model_train(actor=actor, source=of))


def installed(version: ModelVersion) -> ModelVersion:
    """In force as the first of its role."""
    return model_install(actor=system_actor("test"), version=version, reason="First")


def agreed(step: Any, actor: Any, version: ModelVersion, reason: str = "Better") -> ModelVersion:
    """A step that somebody else approves: proposed by `actor`, agreed to by a lead."""
    with pytest.raises(ApprovalRequired) as waiting:
        step(actor=actor, version=version, reason=reason)
    asked = ApprovalRequest.objects.get(pk=waiting.value.request_id)
    request_decide(actor=approver(), request=asked, vote="approve", digest=asked.digest)
    version.refresh_from_db()
    return version


def approver() -> Any:
    return User.objects.filter(name="Second Pair").first() or factories.user("Second Pair", role="compliance")


def supervised(learned: Sequence[Transaction], threshold: float = 0.5, stage: str = "champion") -> ModelVersion:
    """A re-ranker that was told that everything above the median amount of `learned` was confirmed."""
    from detection import features
    from detection.features.account import SUPERVISED
    from detection.features.matrices import columns_for, matrix_for
    from detection.ml.estimators import boosting as ranking
    from detection.ml.estimators.settings import BoostingSettings
    from detection.ml.onnx.boosted_graph import boosted_graph

    matrix = matrix_for("account-1", columns_for("account-1", learned))
    own = features.ACCOUNT.indexes(SUPERVISED)
    suspicious = matrix[:, 0] > sorted(matrix[:, 0].tolist())[len(matrix) // 2]
    fitted = ranking.fit_ranker(matrix, suspicious, own, BoostingSettings(rounds=20))
    kept = {"feature_set": "account-1", "feature_digest": features.ACCOUNT.digest}
    artefact = boosted_graph(fitted.model, SUPERVISED, kept)
    return ModelVersion.objects.create(
        role="supervised", kind="supervised", number=ModelVersion.objects.count() + 1, feature_set="account-1",
        parameters={"feature_digest": features.ACCOUNT.digest}, training_rows=len(learned), threshold=threshold,
        trained_from=learned[0].occurred_at, trained_to=learned[-1].occurred_at, artefact=artefact,
        sha256=hashlib.sha256(artefact).hexdigest(), stage=stage, created_by=system_actor("test"),
    )  # fmt: skip


def at(hour: int) -> datetime:
    return factories.NOON.replace(hour=hour)
