"""What is in force until somebody changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detection.choices import Typology

from ..choices import REASONS_BY_DISPOSITION, Disposition, PolicyKind, ReasonCode

AML, FRAUD, OPERATIONS = "aml", "fraud", "operations"
# What incidents about deliveries are of.
INCOMPLETE_DELIVERY: Final = "incomplete_delivery"
GATHERING, ROUTING, ASSIGNMENT = "gathering", "routing", "assignment"

# By FinCEN's subtypes of suspicious activity (SuspiciousActivitySubtypeID of form 111's schema): 114 is "Transaction(s)
# below CTR threshold", 812 "Transaction out of pattern for customer(s)", 305 "Credit/Debit Card", 920 "Account
# takeover", 809 "Suspicious use of third-party transactors", 8999 "Other (Money Laundering)". Of goAML the kind of
# report; its indicators are lists of each country's unit, and are added by whoever reports there.
_TYPOLOGY_CODES: Final[Mapping[str, tuple[str, int]]] = {
    Typology.LARGE_AMOUNT: (AML, 812),
    Typology.STRUCTURING: (AML, 114),
    Typology.RAPID_IN_OUT: (AML, 812),
    Typology.ROUND_AMOUNTS: (AML, 812),
    Typology.DORMANT: (AML, 812),
    Typology.UNUSUAL: (FRAUD, 812),
    Typology.LEAKED_CARD: (FRAUD, 305),
    Typology.COMPROMISED_TERMINAL: (FRAUD, 305),
}
_REASON_CODES: Final[Mapping[str, int]] = {
    ReasonCode.STRUCTURING: 114,
    ReasonCode.STOLEN_CREDENTIALS: 920,
    ReasonCode.COMPROMISED_TERMINAL: 305,
    ReasonCode.MONEY_MULE: 809,
    ReasonCode.OTHER_SUSPICION: 8999,
}
SUSPICIOUS, NOT_SUSPICIOUS = "suspicious", "not_suspicious"
_MEANINGS: Final[Mapping[str, str]] = {
    Disposition.FALSE_POSITIVE: NOT_SUSPICIOUS,
    Disposition.NO_ACTION: NOT_SUSPICIOUS,
    Disposition.CONFIRMED: SUSPICIOUS,
}


def _typology(code: str, label: str, fincen_subtypes: Sequence[int] = (), goaml_report: str = "") -> dict[str, Any]:
    return {
        "code": code, "label": label, "fincen_subtypes": list(fincen_subtypes), "goaml_report": goaml_report,
        "goaml_indicators": [], "active": True,
    }  # fmt: skip


def _disposition(code: str, label: str, meaning: str) -> dict[str, Any]:
    return {"code": code, "label": label, "meaning": meaning, "active": True}


def _reason(code: str, label: str, dispositions: Sequence[str], fincen_subtypes: Sequence[int] = ()) -> dict[str, Any]:
    return {
        "code": code, "label": label, "dispositions": list(dispositions), "fincen_subtypes": list(fincen_subtypes),
        "goaml_indicators": [], "active": True,
    }  # fmt: skip


def _of_suspicion(slug: str, name: str, description: str) -> dict[str, Any]:
    """A programme about what customers do: detection's typologies, and conclusions that are suspicious or not."""
    labels = dict(Typology.choices)
    return {
        "name": name,
        "description": description,
        "typologies": [
            _typology(str(code), str(labels[code]), [subtype], "STR")
            for code, (programme, subtype) in _TYPOLOGY_CODES.items()
            if programme == slug
        ],
        "dispositions": [
            _disposition(code.value, str(code.label), _MEANINGS[code]) for code in REASONS_BY_DISPOSITION
        ],
        "reason_codes": [
            _reason(
                code.value, str(code.label),
                [each.value for each, codes in REASONS_BY_DISPOSITION.items() if code in codes],
                [_REASON_CODES[code]] if code in _REASON_CODES else [],
            )
            for code in ReasonCode
        ],
    }  # fmt: skip


# Conclusions about a feed, and the reasons that go with each: nothing is suspected of anybody.
_OPERATIONS_DISPOSITIONS: Final[Mapping[str, str]] = {
    "put_right": "Put right",
    "accepted": "Accepted as it is",
    "no_fault": "There was no fault",
}
_OPERATIONS_REASONS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "sender_late": ("Sender was late", ("put_right", "accepted")),
    "sender_incomplete": ("Sender delivered too little or too much", ("put_right", "accepted")),
    "sent_twice": ("The same was sent twice", ("put_right", "accepted")),
    "own_systems": ("Fault of our own systems", ("put_right", "accepted")),
    "totals_wrong": ("Control totals were announced wrongly", ("put_right", "no_fault")),
    "calendar_wrong": ("Schedule or calendar was wrong", ("put_right", "no_fault")),
}


def _operations() -> dict[str, Any]:
    """The programme about feeds."""
    return {
        "name": "Operations",
        "description": "Feeds and services that do not do what was agreed.",
        "typologies": [_typology(INCOMPLETE_DELIVERY, "Late or incomplete delivery")],
        "dispositions": [_disposition(code, label, NOT_SUSPICIOUS) for code, label in _OPERATIONS_DISPOSITIONS.items()],
        "reason_codes": [_reason(code, *rest) for code, rest in _OPERATIONS_REASONS.items()],
    }


PROGRAMMES: Final[Mapping[str, dict[str, Any]]] = {
    AML: _of_suspicion(AML, "Anti-money laundering", "Money whose source or purpose must be looked into."),
    FRAUD: _of_suspicion(FRAUD, "Fraud", "Payments that the customer may not have made, or was talked into."),
    OPERATIONS: _operations(),
}

CONTENTS: Final[Mapping[tuple[str, str], dict[str, Any]]] = {
    **{(PolicyKind.PROGRAMME.value, slug): content for slug, content in PROGRAMMES.items()},
    (PolicyKind.GATHERING.value, GATHERING): {
        "by": "customer",
        "across_typologies": False,
        "gap_hours": 24,
        "exceptions": [],
        "sampled_percent": 0,
        "escalate": [],
    },
    (PolicyKind.ROUTING.value, ROUTING): {"rules": []},
    (PolicyKind.ASSIGNMENT.value, ASSIGNMENT): {"automatic": [], "most_held": 0, "absent": []},
}
POLICY_NAMES: Final[Mapping[tuple[str, str], str]] = {
    **{(PolicyKind.PROGRAMME.value, slug): content["name"] for slug, content in PROGRAMMES.items()},
    (PolicyKind.GATHERING.value, GATHERING): "Gathering of alerts",
    (PolicyKind.ROUTING.value, ROUTING): "Routing to queues",
    (PolicyKind.ASSIGNMENT.value, ASSIGNMENT): "Assignment to people",
}
