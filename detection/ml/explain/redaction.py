"""Reasons, explanations and inputs without what rests on outcomes that the reader may not see (decision 40).

What was left out is said, never silently dropped, and what is added up still adds up. Alerts, their explanations and
the ledger stay whole: this is of what is shown. Who may see outcomes is `pipeline.clearance`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ... import features
from .outcome_phrases import tells_of_outcomes

WITHHELD_REASON: Final = (
    "A reason is withheld: it rests on what people concluded about other transactions, which you may not see."
)
WITHHELD_LABEL: Final = "Withheld: outcomes of others"
# Of a member of a model: one number for each feature.
MEMBER_COLUMNS_BY_FEATURE: Final = ("contributions", "reconstructed", "feature_errors")
DECIMALS: Final = 9


def redact_reasons(reasons: Sequence[str]) -> list[str]:
    """As many, in their order: what a reason is the reason of is told by its place."""
    return [WITHHELD_REASON if tells_of_outcomes(each) else each for each in reasons]


def redact_explanation(explanation: Mapping[str, Any]) -> dict[str, Any]:
    """Of the score that is shown, and of those beside it: without the features that rest on outcomes."""
    beside = [_redact_score(each) for each in explanation.get("beside", ())]
    return {**_redact_score(explanation), **({"beside": beside} if "beside" in explanation else {})}


def redact_snapshot(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The input of an alert: without such features and the whole numbers that they were made from, which are named."""
    feature_set = snapshot.get("feature_set")
    redacted, names = dict(snapshot), set[str]()
    for key, of in (("features", feature_set), ("history", feature_set)):
        if key in snapshot:
            redacted[key] = _without(snapshot[key], of, names)
    if "more_features" in snapshot:
        redacted["more_features"] = {
            name: _without(values, name, names) for name, values in snapshot["more_features"].items()
        }  # fmt: skip
    return redacted | {"withheld": sorted(names)} if names else redacted


def _without(values: Mapping[str, Any], feature_set: str | None, names: set[str]) -> dict[str, Any]:
    rests = _resting(feature_set, values)
    names |= rests
    return {name: value for name, value in values.items() if name not in rests}


def _resting(feature_set: str | None, names: Iterable[str]) -> set[str]:
    """Those of the names that rest on outcomes; of a set that this version does not know, all."""
    definition = features.FEATURE_SETS.get(feature_set or "")
    return set(names) if definition is None else set(names) & definition.outcomes


def _redact_score(explanation: Mapping[str, Any]) -> dict[str, Any]:
    lines = explanation["features"]
    rests = _resting(explanation["feature_set"], [line["name"] for line in lines])
    redacted = {**explanation, "reasons": redact_reasons(explanation["reasons"])}
    if not rests:
        return redacted
    places = [place for place, line in enumerate(lines) if line["name"] not in rests]
    hidden = [line for line in lines if line["name"] in rests]
    return redacted | {
        "features": [lines[place] for place in places],
        "members": [_redact_member(each, places) for each in explanation["members"]],
        "withheld": {
            "features": sorted(line["name"] for line in hidden),
            "contribution": _sum(line["contribution"] for line in hidden),
        },
    }


def _redact_member(member: Mapping[str, Any], places: Sequence[int]) -> dict[str, Any]:
    kept_columns = {
        name: [member[name][place] for place in places] for name in MEMBER_COLUMNS_BY_FEATURE if name in member
    }
    left = [text for place, text in enumerate(member["contributions"]) if place not in set(places)]
    return {**member, **kept_columns, "withheld_contribution": _sum(left)}


def _sum(texts: Iterable[str]) -> str:
    return f"{round(sum(map(float, texts)), DECIMALS) + 0.0:.{DECIMALS}f}"
