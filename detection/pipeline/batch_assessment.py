"""A batch of transactions through the rules and the models in force: what `assess` and whatever decides again share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from transactions.models import Transaction

from ..choices import Outcome, RuleKind
from ..features import columns as cols
from ..features.columns import Columns
from ..features.matrices import columns_for, matrix_for
from ..ml import scoring
from ..ml.explain import reason_codes
from ..ml.scoring import ModelScores
from ..models import ModelVersion
from ..rules import scenarios
from .active import ActiveDetectors
from .decision import Decision, ModelVote, decide, findings_by_row, is_flagged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger("finobs.detection")
ColumnsLoader = Callable[[str, Sequence[Transaction]], Columns]


APPROVED_DECISION = Decision(Outcome.APPROVE, "")


class BatchAssessment:
    """What was made of each transaction. `decisions` has those that a rule fired on or a model asks to see; the rest
    are approved."""

    def __init__(
        self, detectors: ActiveDetectors, transactions: Sequence[Transaction], load_columns: ColumnsLoader = columns_for
    ) -> None:
        self.transactions = transactions
        self.matrices: dict[str, NDArray[np.float32]] = {}
        self.columns = cols.of_transactions(transactions)
        for name in dict.fromkeys(version.feature_set for version in (*detectors.champions, *detectors.shadow)):
            columns = load_columns(name, transactions)
            self.columns = columns if columns.history is not None else self.columns
            self.matrices[name] = matrix_for(name, columns)
        self.champions, self.shadow = self._scored(detectors.champions), self._shadow_scores(detectors.shadow)
        self.decisions = self._decide(detectors)

    @property
    def primary(self) -> ModelScores | None:
        """Whose score is shown."""
        return self.champions[0] if self.champions else None

    def place(self, transaction_id: int) -> int:
        """The index of a transaction's row."""
        return self._places[transaction_id]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {row.id: index for index, row in enumerate(self.transactions)}

    def of_role(self, role: str) -> ModelScores | None:
        return next((each for each in self.champions if each.version.role == role), None)

    def votes(self, index: int) -> tuple[ModelVote, ...]:
        return tuple(ModelVote.of(each.version, each.scores[index]) for each in self.champions)

    def history(self, index: int) -> dict[str, int] | None:
        """The whole numbers of a row's past, where a feature set needs them."""
        past = self.columns.history
        return None if past is None else {name: int(values[index]) for name, values in past.items()}

    def vectors(self, index: int) -> dict[str, Any]:
        """A row of each feature set that a champion looks at."""
        return {each.version.feature_set: self.matrices[each.version.feature_set][index] for each in self.champions}

    def _scored(self, versions: Sequence[ModelVersion]) -> list[ModelScores]:
        return [scoring.score_version(version, self.matrices[version.feature_set]) for version in versions]

    def _shadow_scores(self, versions: Sequence[ModelVersion]) -> list[ModelScores]:
        """What decides nothing stops nothing either: a version that cannot score is left out, and the log says so."""
        scores = []
        for version in versions:
            try:
                scores += self._scored([version])
            except DatabaseError:
                raise
            except Exception:
                log.exception("%s decides nothing, and cannot score", version)
        return scores

    def _decide(self, detectors: ActiveDetectors) -> dict[int, Decision]:
        """By the index of the row."""
        columns = self.columns
        if any(rule.kind == RuleKind.ATTRIBUTE for rule in detectors.rules):
            columns = cols.with_attributes(columns, self.transactions)
        fired = findings_by_row(
            (rule, scenarios.evaluate(rule.kind, columns, rule.parameters)) for rule in detectors.rules
        )
        # Whom any vote would ask for; a vote made of each of ten thousand rows would cost more than it decides.
        noticed = set(fired)
        for each in self.champions:
            threshold = each.version.threshold
            noticed.update(index for index, score in enumerate(each.scores) if is_flagged(score, threshold))
        return {index: decide(fired.get(index, ()), self.votes(index), self._plain(index)) for index in sorted(noticed)}

    def _plain(self, index: int) -> list[str]:
        """What stands out of a row, by the features of the model whose score is shown."""
        if self.primary is None:
            return []
        version = self.primary.version
        return reason_codes.of_transaction(version, self.matrices[version.feature_set][index], self.transactions[index])


@dataclass(frozen=True, slots=True)
class AssessmentContext:
    """What the decisions of a batch rest on, for whoever asked for them."""

    assessment: BatchAssessment
    at: datetime
