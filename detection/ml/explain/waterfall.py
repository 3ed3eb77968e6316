"""Where the bars of a waterfall stand: from an ordinary transaction's score, feature by feature, to this one's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finobs.core.charts import Scale, anchor

from .feature_labels import ExplanationLine, feature_label, lines, signed
from .formatting import number
from .redaction import WITHHELD_LABEL

WIDTH, STEP, HEAD, FOOT = 480, 36, 40, 30
LEFT, RIGHT = 4, 476
MAX_BARS = 10
LETTER = 7.7  # how wide one is, at most, so that words above a bar end within the picture
TITLES = {
    "isolation_forest": "Isolation Forest", "pca": "PCA reconstruction", "gradient_boosting": "Gradient boosting",
}  # fmt: skip
# What a score is, by the role of the model that gave it.
UNITS = {"supervised": "probability of being confirmed suspicious", "anomaly": "anomaly score, 0 to 1"}


@dataclass(frozen=True, slots=True)
class WaterfallBar:
    label: str
    text: str
    kind: str
    x: float
    y: float
    width: float
    link: float
    text_x: float

    @property
    def text_y(self) -> float:
        return self.y - 4

    @property
    def end_y(self) -> float:
        return self.y + STEP


@dataclass(frozen=True, slots=True)
class MemberTable:
    """One member's contributions in its own unit, as rows of text."""

    title: str
    unit: str
    value: str
    base: str
    is_rebuilt: bool
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Waterfall:
    finding: str
    base: str
    score: str
    lines: list[ExplanationLine]
    bars: list[WaterfallBar]
    members: list[MemberTable]
    model: str
    unit: str
    base_x: float
    score_x: float
    height: float
    width: int = WIDTH

    @property
    def lines_drawn(self) -> list[ExplanationLine]:
        """Those that are drawn."""
        visible = _visible(self.lines)
        return visible if len(visible) <= MAX_BARS else visible[: MAX_BARS - 1]

    @property
    def lines_beyond(self) -> list[ExplanationLine]:
        return self.lines[len(self.lines_drawn) :]

    @property
    def beyond(self) -> str:
        return signed(sum(line.contribution for line in self.lines_beyond))

    @property
    def floor(self) -> float:
        return self.height - FOOT + 8

    @property
    def caption_y(self) -> float:
        return self.height - 8

    @property
    def base_anchor(self) -> str:
        return anchor(self.base_x, WIDTH)

    @property
    def score_anchor(self) -> str:
        return anchor(self.score_x, WIDTH)


def waterfalls(explanation: Mapping[str, Any]) -> list[Waterfall]:
    """Of the score that is shown, and of those beside it."""
    currency = explanation["currency"]
    return [waterfall(each, currency) for each in (explanation, *explanation["beside"])]


def waterfall(explanation: Mapping[str, Any], currency: str = "") -> Waterfall:
    """From what is kept of one score."""
    base, score = float(explanation["base"]), float(explanation["score"])
    each = _lines(explanation, currency)
    drawn = _few(each)
    stops = [base]
    for line in drawn:
        stops.append(stops[-1] + line.contribution)
    at = Scale(min(stops), max(stops), LEFT, RIGHT)
    bars = [
        _bar(line, at(start), at(end), HEAD + STEP * index)
        for index, (line, start, end) in enumerate(zip(drawn, stops, stops[1:], strict=False))
    ]
    height = HEAD + STEP * len(drawn) + FOOT
    finding = _finding(each, base, score)
    unit, model = UNITS[explanation["role"]], explanation["model"]
    texts = finding, f"{base:.4f}", f"{score:.4f}", each, bars, members(explanation), model, unit
    return Waterfall(*texts, at(base), at(score), height)


def _lines(explanation: Mapping[str, Any], currency: str) -> list[ExplanationLine]:
    """The features in words, and in one line what is withheld of them (`redaction`): the bars reach the score."""
    each = lines(explanation["features"], currency)
    withheld = explanation.get("withheld")
    if not withheld:
        return each
    line = ExplanationLine(WITHHELD_LABEL, "withheld", "withheld", float(withheld["contribution"]), "")
    return sorted([*each, line], key=lambda one: (-abs(one.contribution), one.label))


def members(explanation: Mapping[str, Any]) -> list[MemberTable]:
    """Each member of the model, its features in the order of the model."""
    features = explanation["features"]
    return [
        MemberTable(
            TITLES.get(each["name"], each["name"]), each["unit"], _short(each["value"]), _short(each["base"]),
            "reconstructed" in each,
            [*(_member_row(each, index, one) for index, one in enumerate(features)), *_withheld_row(each)],
        )
        for each in explanation["members"]
    ]  # fmt: skip


def _member_row(member: Mapping[str, Any], index: int, feature: Mapping[str, Any]) -> tuple[str, ...]:
    row = (feature_label(feature["name"]).label, f"{float(member['contributions'][index]):+.4f}")
    if "reconstructed" not in member:
        return row
    return (*row, _short(feature["observed"]), _short(member["reconstructed"][index]))


def _withheld_row(member: Mapping[str, Any]) -> list[tuple[str, ...]]:
    if "withheld_contribution" not in member:
        return []
    row = (WITHHELD_LABEL, f"{float(member['withheld_contribution']):+.4f}")
    return [row if "reconstructed" not in member else (*row, "withheld", "withheld")]


def _short(text: str | None) -> str:
    return "not known" if text is None else number(float(text))


def _visible(each: list[ExplanationLine]) -> list[ExplanationLine]:
    """Those that moved the score by what can be read of it; they stand first."""
    return [line for line in each if line.signed != "0.0000"]


def _few(each: list[ExplanationLine]) -> list[ExplanationLine]:
    """Those that can be seen; of many, the least together with those that cannot."""
    visible = _visible(each)
    if len(visible) <= MAX_BARS:
        return visible
    rest = each[MAX_BARS - 1 :]
    return [
        *each[: MAX_BARS - 1],
        ExplanationLine(f"{len(rest)} others", "", "", sum(line.contribution for line in rest), ""),
    ]


def _bar(line: ExplanationLine, start: float, end: float, y: int) -> WaterfallBar:
    left, right = min(start, end), max(start, end)
    room = WIDTH - LETTER * (len(line.label) + len(line.signed) + 1)
    return WaterfallBar(
        line.label, line.signed, "up" if line.contribution >= 0 else "down", left, y,
        max(round(right - left, 1), 1), end, round(max(LEFT, min(left, room)), 1),
    )  # fmt: skip


def _finding(each: list[ExplanationLine], base: float, score: float) -> str:
    is_up = score >= base
    moved = [line for line in each if (line.contribution > 0) == is_up and abs(line.contribution) >= 0.0005][:2]
    named = " and ".join(f"“{line.label}” ({line.contribution:+.4f})" for line in moved)
    if not named:
        return f"The score of {score:.4f} is its base: no feature moved it"
    return f"The score of {score:.4f} is {'above' if is_up else 'below'} its base of {base:.4f}, most of all by {named}"
