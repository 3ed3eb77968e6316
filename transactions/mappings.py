"""Which column of a file is which field of a transaction.

A mapping is a JSON object: field -> column name, or an object with "column" and how it is read, with "columns" that are
put together (and optionally "separator", "ordinal"), or with "value":

    {"external_id": "id", "account": "iban", "occurred_at": {"column": "date", "format": "%d.%m.%Y"},
     "amount": {"column": "sum", "decimal_mark": ",", "sign": "negative is out"}, "currency": {"value": "EUR"},
     "label_known_at": {"column": "date", "format": "%d.%m.%Y", "plus_days": 30}}

In place of "amount" there may be two columns, "amount_out" and "amount_in". Which way the money went must be said: by a
direction, by the sign of the amount, or by the two columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from finobs.core.errors import Invalid
from finobs.core.strict_json import parse_json

from .amounts import SIGN_MEANINGS, is_zero
from .attributes import ATTRIBUTE_PREFIX
from .choices import Direction, QuarantineReason
from .field_sources import AMOUNT_COLUMNS, FieldSource, field_source
from .identifiers import is_nothing
from .row_faults import RowFault, quoted
from .row_validation import LABEL_FIELDS, ROW_FIELDS

REQUIRED_FIELDS = ("external_id", "account", "occurred_at", "amount")
REQUIRED_LABEL_FIELDS = ("external_id", "is_suspicious")
# A direction that was not said where it must be. The validator refuses it, whoever corrects the rest of the row.
NO_DIRECTION = "unsaid"
EMPTY_DIRECTION = 'direction is empty, and the mapping does not say what that means: give its “words” one for "".'
NO_DIRECTION_MESSAGE = (
    "Say which way the money goes: a direction (a column, or a value such as out), a sign of the amount "
    "(“negative is out” or “negative is in”), or columns for amount_out and amount_in."
)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Each field, and where it comes from.

    is_own_format: a file that was written for finobs, with its fields as columns and amounts as the API takes them.
    optional: of records of another kind than transactions, the fields that a file may leave out.
    """

    sources: dict[str, FieldSource]
    is_own_format: bool = False
    optional: frozenset[str] | None = None

    @classmethod
    def parse(cls, document: Any, required: Iterable[str] = REQUIRED_FIELDS) -> Mapping:
        """Raises Invalid with a message per field."""
        if not isinstance(document, dict):
            raise Invalid("A mapping is an object: field of a transaction to column of the file.")
        errors: dict[str, list[str]] = {}
        sources: dict[str, FieldSource] = {}
        for name, value in _flat(document).items():
            try:
                sources[name] = field_source(name, value)
            except ValueError as error:
                errors[f"mapping.{name}"] = [str(error)]
        has_two_columns = not AMOUNT_COLUMNS.keys().isdisjoint(document)
        for name in required:
            if name not in document and not (name == "amount" and has_two_columns):
                errors[f"mapping.{name}"] = [f"{name} has no column."]
        if "amount" in required and not errors:
            errors = _direction_errors(sources)
        if errors:
            raise Invalid(" ".join(texts[0] for texts in errors.values()), fields=errors)
        return cls(sources)

    def for_source(self, attributes: dict[str, Any]) -> Mapping:
        """The mapping for a source that declares `attributes`: of those that it does not map, the columns of their own
        names, where a file has them. Raises Invalid for one that it maps and the source does not declare."""
        mapped = {name.removeprefix(ATTRIBUTE_PREFIX) for name in self.sources if name.startswith(ATTRIBUTE_PREFIX)}
        if unknown := sorted(mapped - attributes.keys()):
            errors = {
                f"mapping.{ATTRIBUTE_PREFIX}{name}": [f"The source declares no attribute {name}."] for name in unknown
            }
            raise Invalid(" ".join(texts[0] for texts in errors.values()), fields=errors)
        more = {f"{ATTRIBUTE_PREFIX}{name}": FieldSource(column=name) for name in attributes if name not in mapped}
        return replace(self, sources=self.sources | more) if more else self

    @property
    def columns(self) -> list[str]:
        """The columns it needs, each once."""
        return list(dict.fromkeys(name for source in self.sources.values() for name in source.used_columns))

    def translator(self) -> Callable[[dict[str, Any]], RowFault | None]:
        """What makes a row's fields of the values of its columns, in place.

        It returns what is not written as the mapping says; fields that cannot be read are left out then.
        """
        sources = [
            (name, source) for name, source in self.sources.items() if source.used_columns and not source.is_plain
        ]
        plain = [(name, source) for name, source in sources if source.notation is None or source.words]
        amounts = {name: source for name, source in sources if source.notation is not None}
        direction = self.sources.get("direction")
        must_say = direction is not None and bool(direction.used_columns) and not self.is_own_format

        def translate(fields: dict[str, Any]) -> RowFault | None:
            fault = None
            for name, source in plain:
                try:
                    fields[name] = source.apply(fields[name], name)
                except RowFault as error:
                    fault = fault or error
            try:
                if must_say and is_nothing(fields["direction"]):
                    fields["direction"] = NO_DIRECTION
                    raise RowFault(QuarantineReason.DIRECTION, EMPTY_DIRECTION)
                if amounts:
                    _read_amounts(fields, amounts)
            except RowFault as error:
                fault = fault or error
            return fault

        return translate if sources or must_say else _nothing_to_translate


@dataclass(frozen=True, slots=True)
class NamedMapping:
    """A mapping that finobs knows by name, and what a source for it starts with."""

    mapping: dict[str, Any]
    source_name: str = ""
    default_currency: str = ""


OWN_FORMAT: Final = "finobs"
NAMED_MAPPINGS: Final[dict[str, NamedMapping]] = {
    # Fraud Detection Handbook (Le Borgne et al.): simulated card payments, times in UTC, one currency.
    "handbook": NamedMapping(
        source_name="Fraud Detection Handbook",
        default_currency="USD",
        mapping={
            "external_id": "transaction_id",
            "account": "customer_id",
            "direction": {"value": "out"},
            "counterparty": "terminal_id",
            "occurred_at": "tx_datetime",
            "amount": {"column": "amount", "decimal_mark": "."},
            "currency": {"value": "USD"},
            "channel": {"value": "card"},
            "is_suspicious": "is_fraud",
            "typology": {
                "column": "fraud_scenario",
                "words": {"0": "", "1": "large_amount", "2": "compromised_terminal", "3": "leaked_card"},
            },
            # The handbook assumes that a fraud is known seven days later.
            "label_known_at": {"column": "tx_datetime", "plus_days": 7},
        },
    ),
    OWN_FORMAT: NamedMapping(mapping={name: name for name in sorted(ROW_FIELDS - {"attributes"})}),
}
# Columns that a file of the mapping `finobs` may leave out.
OPTIONAL_FIELDS = ROW_FIELDS - set(REQUIRED_FIELDS)


def resolve_labels(reference: str) -> Mapping:
    """The fields of labels, and the ids of their transactions, of a mapping (as `resolve` takes it). Raises Invalid."""
    document = NAMED_MAPPINGS[reference].mapping if reference in NAMED_MAPPINGS else read_mapping(reference)
    if not isinstance(document, dict):
        raise Invalid("A mapping is an object: field of a label to column of the file.")
    # A mapping of transactions will do; what is of neither is a slip of the pen, and dropped would be missed by nobody.
    if unknown := sorted(name for name in document if name not in ROW_FIELDS and name not in AMOUNT_COLUMNS):
        raise Invalid(fields={f"mapping.{name}": [f"finobs knows no field named {name}."] for name in unknown})
    return Mapping.parse(
        {name: document[name] for name in document if name in ("external_id", *LABEL_FIELDS)}, REQUIRED_LABEL_FIELDS
    )


def resolve(reference: str) -> tuple[Mapping, NamedMapping | None]:
    """A mapping by name, as JSON text, or from a JSON file. Raises Invalid."""
    if reference == OWN_FORMAT:
        sources = {name: FieldSource(column=column) for name, column in NAMED_MAPPINGS[OWN_FORMAT].mapping.items()}
        return Mapping(sources, is_own_format=True), NAMED_MAPPINGS[OWN_FORMAT]
    if reference in NAMED_MAPPINGS:
        return Mapping.parse(NAMED_MAPPINGS[reference].mapping), NAMED_MAPPINGS[reference]
    return Mapping.parse(read_mapping(reference)), None


def read_mapping(reference: str) -> Any:
    """The document of a mapping that is given as JSON text, or by the path of a file. Raises Invalid."""
    try:
        text = reference if reference.lstrip().startswith("{") else _file_text(reference)
        # No doubled keys: the last would win, and the first say nothing.
        return parse_json(text.encode())
    except ValueError as error:
        raise Invalid(f"The mapping is not valid JSON: {error}.") from None


def _file_text(reference: str) -> str:
    try:
        is_file = Path(reference).is_file()
    except OSError:
        # Such as a name that is too long for one.
        is_file = False
    if not is_file:
        raise Invalid(
            f"{reference[:200]} is neither a mapping finobs knows ({', '.join(NAMED_MAPPINGS)}), nor JSON, nor a file."
        )
    return Path(reference).read_text(encoding="utf-8-sig")


def _direction_errors(sources: dict[str, FieldSource]) -> dict[str, list[str]]:
    """What a mapping of transactions says wrongly, twice or not at all of which way the money went."""
    columns = [name for name in AMOUNT_COLUMNS if name in sources]
    notation = sources["amount"].notation if "amount" in sources else None
    signed = ["the sign of amount"] if notation is not None and notation.sign else []
    ways = [
        *(["direction"] if "direction" in sources else []),
        *signed,
        *(["amount_out and amount_in"] if columns else []),
    ]
    if columns and "amount" in sources:
        return {"mapping.amount": ["Say amount, or amount_out and amount_in; not both."]}
    if len(columns) == 1:
        missing = next(name for name in AMOUNT_COLUMNS if name not in columns)
        return {f"mapping.{missing}": [f"{missing} has no column; {columns[0]} has one, and the two belong together."]}
    if not ways:
        return {"mapping.direction": [NO_DIRECTION_MESSAGE]}
    if len(ways) > 1:
        return {"mapping.direction": [f"Which way the money went is said by {' and by '.join(ways)}: say it once."]}
    return {}


def _read_amounts(fields: dict[str, Any], sources: dict[str, FieldSource]) -> None:
    """Read the column of amounts, or the two of what went out and came in, into amount and direction.

    An empty cell of the two is nothing, and no amount of 0; where both are 0 the amount is 0. Raises RowFault; then
    there is no amount, and the direction is one that nobody has said: empty, it would be `out` once somebody has
    corrected the rest.
    """
    values = {name: fields.pop(name) for name in sources}
    if "direction" not in fields:
        fields["direction"] = NO_DIRECTION
    numbers = {name: source.amount(values[name], name) for name, source in sources.items()}
    _check_ways(numbers, sources, values)
    if "amount" in numbers:
        fields["amount"], direction = numbers["amount"]
    else:
        name = _moving_column(numbers, values)
        fields["amount"], direction = numbers[name]
        direction = direction or ("" if is_zero(fields["amount"]) else AMOUNT_COLUMNS[name])
    if fields["direction"] == NO_DIRECTION and fields["amount"]:
        # Without one here it is zero, which moves nothing.
        fields["direction"] = direction or Direction.OUT.value


def _check_ways(numbers: dict[str, tuple[str, str]], sources: dict[str, FieldSource], values: dict[str, Any]) -> None:
    """Refuse an amount above zero whose sign says the other way than its column. Raises RowFault.

    Below zero, in a column whose amounts are above, it is money that came back; the mapping has said so.
    """
    for name, (_, direction) in numbers.items():
        own, notation = AMOUNT_COLUMNS.get(name), sources[name].notation
        if own and notation and notation.sign and SIGN_MEANINGS[notation.sign][0] == own and direction not in ("", own):
            raise RowFault(
                QuarantineReason.AMOUNT,
                f"{name} is {quoted(values[name])}, above zero, and “{notation.sign}” says that it went "
                f"{direction}: the column and the sign contradict one another.",
            )


def _moving_column(numbers: dict[str, tuple[str, str]], values: dict[str, Any]) -> str:
    """Which of the two columns holds the amount of the row. Raises RowFault for none and for both."""
    filled = [name for name, (number, _) in numbers.items() if number]
    moving = [name for name in filled if not is_zero(numbers[name][0])]
    if len(moving) > 1:
        both = " and ".join(f"{name} is {quoted(values[name])}" for name in moving)
        raise RowFault(QuarantineReason.AMOUNT, f"{both}: one row moves money one way.")
    if not filled:
        raise RowFault(QuarantineReason.MISSING, "amount_out and amount_in are both empty.")
    return (moving or filled)[0]


def _flat(document: dict[str, Any]) -> dict[str, Any]:
    """A mapping's document with each of its attributes as a field of its own."""
    attributes = document.get("attributes")
    if not isinstance(attributes, dict):
        return document
    rest = {name: value for name, value in document.items() if name != "attributes"}
    return rest | {f"{ATTRIBUTE_PREFIX}{name}": value for name, value in attributes.items()}


def _nothing_to_translate(fields: dict[str, Any]) -> None:
    return None
