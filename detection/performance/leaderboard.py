"""The versions of a role against one another, on the same days and, to be fair, on the rows that all of them scored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from django.db.models import Case, When

from finobs.core import access
from finobs.core.errors import Invalid

from ..choices import ModelRole, ModelStage
from ..models import ModelVersion
from . import scores
from .metrics import ScoredRows
from .version_performance import Performance
from .window import Window

# More beside one another than anybody compares; those in use are taken, then the newest.
MAX_VERSIONS = 25
IN_USE = (ModelStage.CHAMPION, ModelStage.CHALLENGER, ModelStage.SHADOW)
BAR_WIDTH = 80


@dataclass(frozen=True, slots=True)
class LeaderboardEntry:
    """One version: on the rows that all compared ones scored (None where it is not compared), and on its own."""

    version: ModelVersion
    common: Performance | None
    own: Performance

    @property
    def bar(self) -> float:
        """The length of its bar, of BAR."""
        return round(BAR_WIDTH * ((self.common or self.own).ranking.average_precision or 0), 1)


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """`entries` are compared, the best first; `others` are not: they scored nothing then, or nobody chose them.

    rows: how many rows all of `entries` scored. is_cut: there are more versions, which were left out.
    """

    role: ModelRole
    window: Window
    rows: int
    entries: list[LeaderboardEntry]
    others: list[LeaderboardEntry]
    is_cut: bool

    @property
    def labelled(self) -> int:
        """How many of the rows have an outcome."""
        first = self.entries[0].common if self.entries else None
        return first.matrix.labelled if first else 0


def leaderboard(user: Any, role: str, window: Window, chosen: Collection[int] = ()) -> Leaderboard:
    """All versions of `role`, ranked by average precision; `chosen` are compared, else all that are not retired.

    Raises NotAllowed, and Invalid for a role that there is none of.
    """
    access.require(user, "view", ModelVersion)
    if role not in ModelRole.values:
        raise Invalid(fields={"role": [f"One of {', '.join(ModelRole.values)}."]})
    visible = access.restrict(ModelVersion.objects.filter(role=role), user, "view").defer("artefact", "metrics")
    versions = list(visible.order_by(_unused(), "-pk")[: MAX_VERSIONS + 1])
    is_cut, versions = len(versions) > MAX_VERSIONS, versions[:MAX_VERSIONS]
    own = _own(versions, scores.scored(user, role, [each.pk for each in versions], window))
    compared = {each.pk for each in versions if len(own[each.pk]) and _is_compared(each, chosen)}
    common = _common([own[pk] for pk in compared])
    entries = [
        LeaderboardEntry(
            each,
            Performance.of_rows(each, window, common[own[each.pk]]) if each.pk in compared else None,
            Performance.of_rows(each, window, own[each.pk]),
        )
        for each in versions
    ]
    ranked = sorted((each for each in entries if each.common), key=_merit, reverse=True)
    return Leaderboard(
        ModelRole(role), window, _number(common), ranked, [each for each in entries if each.common is None], is_cut
    )


def _unused() -> Case:
    return Case(When(stage__in=IN_USE, then=0), When(stage=ModelStage.RETIRED, then=2), default=1)


def _own(versions: Sequence[ModelVersion], scored: Mapping[int, ScoredRows]) -> dict[int, ScoredRows]:
    """What each version's artefact scored, whichever of the versions that share it was at work."""
    members: dict[tuple[str, str], list[int]] = {}
    for each in versions:
        members.setdefault((each.sha256, each.feature_set), []).append(each.pk)
    of = {pks[0]: scores.merge([scored[pk] for pk in pks]) for pks in members.values()}
    return {each.pk: of[members[(each.sha256, each.feature_set)][0]] for each in versions}


def _is_compared(version: ModelVersion, chosen: Collection[int]) -> bool:
    return version.pk in chosen if chosen else version.stage != ModelStage.RETIRED


def _common(compared: Sequence[ScoredRows]) -> dict[ScoredRows, ScoredRows]:
    """Of each, the rows that all have."""
    different = list(dict.fromkeys(compared))
    if len(different) < 2:
        return {each: each for each in different}
    shared = reduce(lambda ids, other: np.intersect1d(ids, other, assume_unique=True), [each.ids for each in different])
    return {each: each.only(np.isin(each.ids, shared, assume_unique=True)) for each in different}


def _number(common: Mapping[ScoredRows, ScoredRows]) -> int:
    return len(next(iter(common.values()))) if common else 0


def _merit(entry: LeaderboardEntry) -> tuple[float, int]:
    """Without outcomes there is no ranking but the newest first."""
    precision = entry.common.ranking.average_precision if entry.common else None
    return (-1.0 if precision is None else precision, entry.version.pk)
