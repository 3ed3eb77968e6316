"""From transactions to the columns and the matrix of a feature set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from transactions.models import Transaction

from .. import features
from .columns import Columns, of_transactions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .carried_window import CarriedWindow


def columns_for(
    feature_set: str,
    transactions: Sequence[Transaction],
    as_of: int | None = None,
    window: CarriedWindow | None = None,
) -> Columns:
    """The transactions as columns, with their history where the feature set needs it: as they came in, or as of an id
    that came later (`history.of_transactions`). `window`: what an import carries from batch to batch."""
    if not features.get(feature_set).statistics:
        return of_transactions(transactions)
    from . import history

    return of_transactions(transactions, history.of_transactions(transactions, as_of, window))


def matrix_for(feature_set: str, columns: Columns) -> NDArray[np.float32]:
    """Every feature of the set, (n, all of them); a model may look at some only."""
    return features.get(feature_set).build(columns)
