"""What is said of a ranking: of all rows, of cards day by day, and of the rows that people have time for.

Card precision follows the Fraud Detection Handbook (chapter 4): each day the 100 cards with the highest score, a card
being right if any of its transactions that day was fraudulent; cards found leave the days after. Its ceiling is what
a perfect ranking would get, usually far below 1.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

CARDS_PER_DAY = 100
ALERT_SHARE = 0.005
METRIC_NAMES = ("auc", "ap", "cp100", "cp100_share", "recall_at_half_percent", "precision_at_half_percent")


def measures(
    score: NDArray[np.float64], fraud: NDArray[np.bool_], card: NDArray[np.int64], day: NDArray[np.int64]
) -> dict[str, float]:
    """NAMES for one ranking. Raises ValueError if there is no fraud, or nothing else."""
    cp, ceiling = card_precision(score, fraud, card, day), card_precision(fraud.astype(float), fraud, card, day)
    recall, precision = at_share(score, fraud, ALERT_SHARE)
    values = (
        float(roc_auc_score(fraud, score)), float(average_precision_score(fraud, score)), cp,
        cp / ceiling if ceiling else 0.0, recall, precision,
    )  # fmt: skip
    return dict(zip(METRIC_NAMES, values, strict=True))


def card_precision(
    score: NDArray[np.float64], fraud: NDArray[np.bool_], card: NDArray[np.int64], day: NDArray[np.int64],
    cards: int = CARDS_PER_DAY,
) -> float:  # fmt: skip
    """The mean over days of the share of right ones among the `cards` highest cards."""
    caught: set[int] = set()
    daily = []
    for each in np.unique(day):
        rows = np.flatnonzero((day == each) & ~np.isin(card, list(caught)))
        names, own = np.unique(card[rows], return_inverse=True)
        highest, guilty = np.full(len(names), -np.inf), np.zeros(len(names), dtype=bool)
        np.maximum.at(highest, own, score[rows])
        np.logical_or.at(guilty, own, fraud[rows])
        top = np.argsort(-highest, kind="stable")[:cards]
        daily.append(guilty[top].sum() / cards)
        caught.update(names[top][guilty[top]].tolist())
    return float(np.mean(daily))


def at_share(score: NDArray[np.float64], fraud: NDArray[np.bool_], share: float) -> tuple[float, float]:
    """Recall and precision when the highest `share` of the rows are alerts."""
    number = max(1, math.ceil(share * len(score)))
    right = int(fraud[np.argsort(-score, kind="stable")[:number]].sum())
    return right / int(fraud.sum()), right / number
