"""The words of the programmes: which typology belongs to which, what a code is called, what may be concluded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .in_force import PolicyInForce, programmes
from .shipped import PROGRAMMES, SUSPICIOUS


def programme_of(typology: str) -> PolicyInForce:
    """The programme that has the typology; of one that none has, the one that finobs ships it with, else the first."""
    rows = programmes()
    owner = next((each for each in rows if _has(each.content, typology)), None)
    # Whoever changed a programme before finobs shipped more with it has not been given the typology.
    return owner or next((each for each in rows if _has(PROGRAMMES.get(each.slug, {}), typology)), rows[0])


def _has(content: Mapping[str, Any], typology: str) -> bool:
    return any(row["code"] == typology for row in content.get("typologies", ()))


def typology_labels() -> dict[str, str]:
    """Every typology of every programme in words, also those that are not used for new items any more."""
    return {row["code"]: row["label"] for each in programmes() for row in each.content["typologies"]}


def typologies_in_use() -> dict[str, str]:
    """Those that new items may be given, in words; items that were given another keep it."""
    return {row["code"]: row["label"] for each in programmes() for row in each.content["typologies"] if row["active"]}


def disposition_choices() -> list[tuple[str, str]]:
    """Every conclusion of every programme, for filters; a code that several have, in the words of the first."""
    return _choices("dispositions")


def reason_choices() -> list[tuple[str, str]]:
    """Every reason of every programme, likewise."""
    return _choices("reason_codes")


def _choices(part: str) -> list[tuple[str, str]]:
    words: dict[str, str] = {}
    for each in programmes():
        words = labels(each, part) | words
    return list(words.items())


def labels(programme: PolicyInForce, part: str) -> dict[str, str]:
    """The words of "dispositions" or "reason_codes" by code."""
    return {row["code"]: row["label"] for row in programme.content[part]}


def dispositions(programme: PolicyInForce) -> list[Mapping[str, Any]]:
    """What may be concluded now."""
    return [row for row in programme.content["dispositions"] if row["active"]]


def reasons_by_disposition(programme: PolicyInForce) -> dict[str, list[Mapping[str, Any]]]:
    """The reason codes that go with each conclusion now, in the order of the programme."""
    active = [row for row in programme.content["reason_codes"] if row["active"]]
    return {
        each["code"]: [row for row in active if each["code"] in row["dispositions"]] for each in dispositions(programme)
    }


def conclusions_for(typologies: Collection[str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What may be concluded of items of all these typologies: dispositions in words, and the reasons of each.

    Of several programmes only what all of them know.
    """
    concerned = {each.slug: each for each in map(programme_of, typologies)}.values() or [programmes()[0]]
    reasons = [reasons_by_disposition(each) for each in concerned]
    first, words = reasons[0], {row["code"]: row["label"] for row in dispositions(next(iter(concerned)))}
    shared = [code for code in first if all(code in some for some in reasons)]
    return (
        {code: words[code] for code in shared},
        {
            code: {
                row["code"]: row["label"]
                for row in first[code]
                if all(any(each["code"] == row["code"] for each in some[code]) for some in reasons)
            }
            for code in shared
        },
    )


def is_suspicious(programme: PolicyInForce, disposition: str) -> bool:
    """Does the conclusion say that what the alerts are of was suspicious?"""
    return any(row["code"] == disposition and row["meaning"] == SUSPICIOUS for row in programme.content["dispositions"])
