"""What can be counted, and so be looked at row by row: each name says which rows, by flag and by outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CONFIRMED, CLEARED, UNKNOWN = 1, 0, -1
LABELLED = (CONFIRMED, CLEARED)
ALL_CLASSES = (CONFIRMED, CLEARED, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Cell:
    """`is_flagged` None: flagged or not. `outcomes`: any of these."""

    label: str
    is_flagged: bool | None
    outcomes: tuple[int, ...]


CELLS: Final[dict[str, Cell]] = {
    "tp": Cell("flagged and confirmed (true positives)", True, (CONFIRMED,)),
    "fp": Cell("flagged and cleared (false positives)", True, (CLEARED,)),
    "fn": Cell("not flagged, yet confirmed (false negatives)", False, (CONFIRMED,)),
    "tn": Cell("not flagged and cleared (true negatives)", False, (CLEARED,)),
    "unknown_flagged": Cell("flagged, without an outcome", True, (UNKNOWN,)),
    "unknown_unflagged": Cell("not flagged, without an outcome", False, (UNKNOWN,)),
    "flagged_labelled": Cell("flagged, with an outcome", True, LABELLED),
    "flagged": Cell("flagged", True, ALL_CLASSES),
    "unflagged": Cell("not flagged", False, ALL_CLASSES),
    "confirmed": Cell("confirmed suspicious", None, (CONFIRMED,)),
    "cleared": Cell("cleared", None, (CLEARED,)),
    "labelled": Cell("with an outcome", None, LABELLED),
    "unknown": Cell("without an outcome", None, (UNKNOWN,)),
    "scored": Cell("scored", None, ALL_CLASSES),
}
# Bins of a score from 0 to 1; a score of 1 is in the last. The same numbers divide rows in Python and in SQL.
CALIBRATION_BINS = 10
EDGES: Final = tuple(round(index / CALIBRATION_BINS, 1) for index in range(CALIBRATION_BINS + 1))
