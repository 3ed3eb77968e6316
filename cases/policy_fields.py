"""What each kind of policy's document is typed into: its own fields, and the rows of its lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms

from detection.choices import Outcome
from finobs.core.forms import StrictJSONDecoder
from transactions.choices import RiskRating

from .choices import ItemKind, PolicyKind
from .policies.in_force import programmes
from .policies.programmes import typology_labels
from .policies.selectors import people_to_name, queues_to_name

SEVERITIES: Final = [("", "any"), (Outcome.REVIEW.value, "Review or block"), (Outcome.BLOCK.value, "Block")]
# Of whoever fills the form in: what a field offers, a selector tells them.
FieldMaker = Callable[[Any], forms.Field]


class WordsField(forms.CharField):
    """Codes with commas or blanks between them, as a list."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return [word for word in re.split(r"[,;\s]+", super().clean(value)) if word]


class RowsField(forms.CharField):
    """A list of a document as JSON."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"widget": forms.Textarea(attrs={"rows": 14, "class": "mono", "spellcheck": "false"}), **kwargs}
        )

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            rows = json.loads(text, cls=StrictJSONDecoder)
        except (json.JSONDecodeError, RecursionError) as error:
            raise forms.ValidationError(
                f"This is not JSON: {getattr(error, 'msg', 'it is nested too deeply')}."
            ) from error
        if not isinstance(rows, list):
            raise forms.ValidationError('Enter a list: [{"code": …}, …].')
        return rows


def _choice(label: str, choices: Any, **more: Any) -> forms.Field:
    return forms.ChoiceField(label=label, choices=choices, **{"required": False, **more})


def _choices(label: str, choices: Any) -> forms.Field:
    widget = forms.SelectMultiple(attrs={"size": 4})
    return forms.MultipleChoiceField(label=label, choices=choices, required=False, widget=widget)


def _typologies(_: Any) -> forms.Field:
    return _choices("Typologies", list(typology_labels().items()))


def _queue(user: Any) -> forms.Field:
    return _choice("Queue", [("", "Choose…"), *queues_to_name(user)])


def _programme(_: Any) -> forms.Field:
    return _choice("Programme", [("", "any"), *((each.slug, each.name) for each in programmes())])


def _person(user: Any) -> forms.Field:
    choices = [("", "Choose…"), *((each.pk, each.label) for each in people_to_name(user))]
    return forms.TypedChoiceField(label="Person", choices=choices, coerce=int, empty_value=None, required=False)


def _amount() -> dict[str, FieldMaker]:
    return {
        "amount_min": lambda _: forms.CharField(label="Amount from", max_length=30, required=False),
        "currency": lambda _: forms.CharField(label="Currency", max_length=3, required=False),
    }


def _words(label: str, help_text: str) -> FieldMaker:
    return lambda _: WordsField(label=label, help_text=help_text, required=False, max_length=2_000)


def _number(label: str, **more: Any) -> FieldMaker:
    return lambda _: forms.IntegerField(label=label, **more)


_BY: Final = [("customer", "Customer"), ("account", "Account")]
_GATHERING: Final[Mapping[str, FieldMaker]] = {
    "by": lambda _: _choice("Alerts gather by", _BY, required=True),
    "across_typologies": lambda _: forms.BooleanField(label="Across typologies", required=False),
    "gap_hours": _number("Hours between alerts of one incident", min_value=1),
}


@dataclass(frozen=True, slots=True)
class RowSection:
    """A list of a document. fields: of each row, by the path within it ("when.level")."""

    name: str
    label: str
    help_text: str
    fields: Mapping[str, FieldMaker]
    is_ordered: bool = False


DOCUMENT_FIELDS: Final[Mapping[str, Mapping[str, FieldMaker]]] = {
    PolicyKind.PROGRAMME: {
        "name": lambda _: forms.CharField(label="Name", max_length=120),
        "description": lambda _: forms.CharField(label="Description", max_length=1_000, required=False),
        "typologies": lambda _: RowsField(
            label="Typologies",
            help_text="Each with code, label, fincen_subtypes, goaml_report, goaml_indicators, active.",
        ),
        "dispositions": lambda _: RowsField(
            label="Dispositions", help_text="Each with code, label, meaning (suspicious or not_suspicious), active."
        ),
        "reason_codes": lambda _: RowsField(
            label="Reason codes",
            help_text="Each with code, label, dispositions, fincen_subtypes, goaml_indicators, active.",
        ),
    },
    PolicyKind.GATHERING: {
        **_GATHERING,
        "sampled_percent": _number("Of a hundred incidents, closed under four eyes", min_value=0, max_value=100),
    },
    PolicyKind.ROUTING: {},
    PolicyKind.ASSIGNMENT: {"most_held": _number("Most that one person holds (0: no limit)", min_value=0)},
}
ROW_SECTIONS: Final[Mapping[str, tuple[RowSection, ...]]] = {
    PolicyKind.PROGRAMME: (),
    PolicyKind.GATHERING: (
        RowSection(
            "exceptions", "Exceptions", "Typologies that gather otherwise.",
            {"typologies": _typologies, **_GATHERING, "by": lambda _: _choice("By", [("", "Choose…"), *_BY])},
        ),
        RowSection(
            "escalate", "Escalate at once", "An incident for which all that a row says holds opens a case by itself.",
            {
                "typologies": _typologies, "severity": lambda _: _choice("Severity", SEVERITIES),
                "urgency_min": lambda _: forms.FloatField(
                    label="Urgency from", required=False, min_value=0, max_value=1,
                    help_text="How far the highest score of a model lies above its threshold: 0 to 1.",
                ),
                "alerts_min": _number("Alerts from", min_value=1, required=False), **_amount(),
            },
        ),
    ),
    PolicyKind.ROUTING: (
        RowSection(
            "rules", "Rules", "The first that holds, and whose queue serves the item’s unit, decides.",
            {
                "name": lambda _: forms.CharField(label="Name", max_length=120, required=False),
                "queue": _queue,
                "when.level": lambda _: _choice("Level", [("", "any"), *ItemKind.choices]),
                "when.programme": _programme,
                "when.typologies": _typologies,
                "when.severity": lambda _: _choice("Severity", SEVERITIES),
                "when.amount_min": _amount()["amount_min"], "when.currency": _amount()["currency"],
                "when.customer_risk": lambda _: _choices("Risk of the customer", RiskRating.choices),
                "when.countries": _words("Countries of counterparties", "ISO 3166-1: DE, FR."),
                "when.units": _words("Units", "Codes; those below them too."),
                "when.sources": _words("Sources", "Slugs of the account’s source."),
            },
            is_ordered=True,
        ),
    ),
    PolicyKind.ASSIGNMENT: (
        RowSection(
            "automatic", "Given to people", "New items of these queues go to whoever has the least to do.",
            {"queue": _queue, "level": lambda _: _choice("Level", [("", "Choose…"), *ItemKind.choices])},
        ),
        RowSection(
            "absent", "Absent", "Who is given nothing, up to and with this day.",
            {
                "person": _person,
                "until": lambda _: forms.DateField(
                    label="Until", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
                ),
            },
        ),
    ),
}  # fmt: skip
