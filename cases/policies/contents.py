"""The form of each kind of policy: what its document may say. Whatever else it says is refused, by the field's path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rest_framework import serializers

from detection.choices import Outcome
from finobs.core import money
from finobs.core.errors import Invalid
from finobs.core.serializers import refuse_unknown_fields
from finobs.core.text import DeceptiveText, clean
from transactions.choices import RiskRating
from transactions.reference_data import COUNTRIES, country_hint

from ..choices import ItemKind, PolicyKind
from .shipped import NOT_SUSPICIOUS, SUSPICIOUS

MAX_DOCUMENT_ROWS: Final = 200
MAX_HELD: Final = 10_000
# Of FinCEN's form 111: whole numbers of up to four digits.
MAX_FINCEN_SUBTYPE: Final = 9_999


def _codes(length: int = 60, **more: Any) -> serializers.ListField:
    child = serializers.CharField(max_length=length)
    return serializers.ListField(child=child, max_length=MAX_DOCUMENT_ROWS, **more)


def _rows(shape: Any, **more: Any) -> Any:
    """Rows of that form."""
    return shape(many=True, max_length=MAX_DOCUMENT_ROWS, **more)


def _fincen() -> serializers.ListField:
    child = serializers.IntegerField(min_value=1, max_value=MAX_FINCEN_SUBTYPE)
    return serializers.ListField(child=child, max_length=MAX_DOCUMENT_ROWS, required=False, default=list)


class CountryField(serializers.CharField):
    """A code of ISO 3166-1; whoever writes a name is told the code."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        if text not in COUNTRIES:
            hint = country_hint(text)
            question = f" Is {hint} meant?" if hint else ""
            raise serializers.ValidationError(
                f"“{text[:40]}” is no country code of two capital letters, as DE.{question}"
            )
        return text


class CodeContent(serializers.Serializer[Any]):
    """A code with its word; `active`: for new items."""

    code = serializers.RegexField(r"^[a-z0-9_]+$", max_length=40)
    label = serializers.CharField(max_length=120)  # type: ignore[assignment]
    active = serializers.BooleanField(default=True)


class TypologyContent(CodeContent):
    """A typology, and what it is called in reports."""

    fincen_subtypes = _fincen()
    goaml_report = serializers.CharField(max_length=10, allow_blank=True, default="")
    goaml_indicators = _codes(required=False, default=list)


class DispositionContent(CodeContent):
    """What may be concluded, and what that says of the alerts' transactions."""

    meaning = serializers.ChoiceField(choices=(SUSPICIOUS, NOT_SUSPICIOUS))


class ReasonContent(CodeContent):
    """Why, and with which dispositions it goes."""

    dispositions = _codes(40, allow_empty=False)
    fincen_subtypes = _fincen()
    goaml_indicators = _codes(required=False, default=list)


class ProgrammeContent(serializers.Serializer[Any]):
    """The words of a programme."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=1_000, allow_blank=True, default="")
    typologies = _rows(TypologyContent, allow_empty=True)
    dispositions = _rows(DispositionContent, allow_empty=False)
    reason_codes = _rows(ReasonContent, allow_empty=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wrong: dict[str, list[str]] = {}
        for part in ("typologies", "dispositions", "reason_codes"):
            codes = [row["code"] for row in attrs[part]]
            twice = sorted({code for code in codes if codes.count(code) > 1})
            if twice:
                wrong[part] = [f"Twice: {', '.join(twice)}."]
        dispositions = {row["code"] for row in attrs["dispositions"]}
        for number, row in enumerate(attrs["reason_codes"]):
            if unknown := sorted(set(row["dispositions"]) - dispositions):
                wrong[f"reason_codes.{number}.dispositions"] = [f"No such disposition: {', '.join(unknown)}."]
        _raise(wrong)
        return attrs


class GatheringRuleContent(serializers.Serializer[Any]):
    """Which alerts belong together."""

    by = serializers.ChoiceField(choices=("customer", "account"))
    across_typologies = serializers.BooleanField()
    gap_hours = serializers.IntegerField(min_value=1, max_value=24 * 90)


class GatheringExceptionContent(GatheringRuleContent):
    """The same for some typologies."""

    typologies = _codes(40, allow_empty=False)


class AmountConditions(serializers.Serializer[Any]):
    """An amount goes with its currency."""

    amount_min = serializers.CharField(max_length=30, required=False)
    currency = serializers.CharField(max_length=3, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("amount_min" in attrs) != ("currency" in attrs):
            missing = "currency" if "amount_min" in attrs else "amount_min"
            _raise({missing: ["An amount and its currency go together."]})
        if "amount_min" in attrs:
            try:
                money.exponent(attrs["currency"])
            except Invalid as error:
                _raise({"currency": [error.detail]})
            try:
                if money.to_minor(attrs["amount_min"], attrs["currency"]) < 0:
                    raise Invalid("From 0.")
            except Invalid as error:
                _raise({"amount_min": [error.detail]})
        return attrs


class EscalationConditionContent(AmountConditions):
    """What escalates an incident at once: all that is said must hold."""

    typologies = _codes(40, required=False)
    severity = serializers.ChoiceField(choices=(Outcome.REVIEW.value, Outcome.BLOCK.value), required=False)
    urgency_min = serializers.FloatField(min_value=0, max_value=1, required=False)
    alerts_min = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("A condition without any would escalate everything: say severity review.")
        return super().validate(attrs)


class GatheringContent(GatheringRuleContent):
    """How alerts gather, which share is sampled, and what escalates at once."""

    exceptions = _rows(GatheringExceptionContent, default=list)
    sampled_percent = serializers.IntegerField(min_value=0, max_value=100)
    escalate = _rows(EscalationConditionContent, default=list)


class RoutingConditionsContent(AmountConditions):
    """What an item must be for a rule to hold; what is not said holds of every item."""

    level = serializers.ChoiceField(choices=ItemKind.choices, required=False)
    programme = serializers.CharField(max_length=60, required=False)
    typologies = _codes(40, required=False)
    customer_risk = serializers.ListField(
        child=serializers.ChoiceField(choices=RiskRating.choices), required=False, max_length=MAX_DOCUMENT_ROWS
    )
    countries = serializers.ListField(child=CountryField(), required=False, max_length=300)
    severity = serializers.ChoiceField(choices=(Outcome.REVIEW.value, Outcome.BLOCK.value), required=False)
    units = _codes(required=False)
    sources = _codes(required=False)


class RoutingRuleContent(serializers.Serializer[Any]):
    """Which queue takes what."""

    name = serializers.CharField(max_length=120)
    queue = serializers.CharField(max_length=60)
    when = RoutingConditionsContent()


class RoutingContent(serializers.Serializer[Any]):
    """Rules in their order: the first that holds, and whose queue serves the item's unit, decides."""

    rules = _rows(RoutingRuleContent)


class AutomaticAssignmentContent(serializers.Serializer[Any]):
    """New items of a queue that finobs gives to people."""

    queue = serializers.CharField(max_length=60)
    level = serializers.ChoiceField(choices=ItemKind.choices)


class AbsenceContent(serializers.Serializer[Any]):
    """Somebody is given nothing until a day."""

    person = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    until = serializers.DateField()

    def to_internal_value(self, data: Any) -> Any:
        """As the document keeps it: the day as text."""
        values = super().to_internal_value(data)
        return values | {"until": values["until"].isoformat()}


class AssignmentContent(serializers.Serializer[Any]):
    """Who is given new items, and how many one person may hold (0: no limit)."""

    automatic = _rows(AutomaticAssignmentContent, default=list)
    most_held = serializers.IntegerField(min_value=0, max_value=MAX_HELD)
    absent = _rows(AbsenceContent, default=list)


CONTENT_CLASSES: Final[Mapping[str, type[serializers.Serializer[Any]]]] = {
    PolicyKind.PROGRAMME: ProgrammeContent,
    PolicyKind.GATHERING: GatheringContent,
    PolicyKind.ROUTING: RoutingContent,
    PolicyKind.ASSIGNMENT: AssignmentContent,
}


def read_content(kind: str, data: Any) -> dict[str, Any]:
    """The document as its form reads it, with what it left out. Raises Invalid by path: "content.rules.0.queue"."""
    shape = CONTENT_CLASSES[kind](data=data)
    try:
        refuse_unknown_fields(shape, data)
        shape.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        raise Invalid(fields=dict(_flat(error.detail, "content"))) from error
    wrong: dict[str, list[str]] = {}
    content: dict[str, Any] = _plain(shape.validated_data, "content", wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return content


def _raise(wrong: Mapping[str, list[str]]) -> None:
    if wrong:
        raise serializers.ValidationError(dict(wrong))


def _flat(detail: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """DRF's nested errors as (path, texts)."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_whole = name == "non_field_errors"
            yield from _flat(inner, path if is_whole else f"{path}.{name}")
    elif isinstance(detail, list) and any(isinstance(each, Mapping | list) for each in detail):
        for number, inner in enumerate(detail):
            if inner:
                yield from _flat(inner, f"{path}.{number}")
    else:
        yield path, [str(each) for each in (detail if isinstance(detail, list) else [detail])]


def _plain(value: Any, path: str, wrong: dict[str, list[str]]) -> Any:
    """Plain dictionaries and lists, as JSON keeps them, texts in their one form; what deceives goes into `wrong`."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each, f"{path}.{name}", wrong) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, f"{path}.{number}", wrong) for number, each in enumerate(value)]
    if not isinstance(value, str):
        return value
    try:
        return clean(value)
    except DeceptiveText as error:
        wrong[path] = [f"This {error}."]
        return ""
