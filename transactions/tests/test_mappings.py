"""Mappings: every form of a field's source, every error in words, and the files that a mapping fits."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from finobs.core.errors import Invalid
from transactions.choices import QuarantineReason
from transactions.columns import RowFields, fit_to_header
from transactions.field_sources import FieldSource
from transactions.mappings import NAMED_MAPPINGS, REQUIRED_FIELDS, Mapping, resolve, resolve_labels
from transactions.row_faults import RowFault
from transactions.row_validation import ROW_FIELDS

PLAIN = {"external_id": "id", "account": "acc", "occurred_at": "when", "amount": "sum", "direction": {"value": "out"}}
PLAIN_COLUMNS = ["id", "acc", "when", "sum"]


def errors_of(document: Any, *required: str) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as error:
        Mapping.parse(document, required or REQUIRED_FIELDS)
    return error.value.fields


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("sum", FieldSource(column="sum")),
        ({"column": "sum"}, FieldSource(column="sum")),
        ({"value": "EUR"}, FieldSource(value="EUR")),
        ({"value": 7}, FieldSource(value="7")),
        ({"column": "dc", "words": {"D": "out", "C": 1}}, FieldSource(column="dc", words={"D": "out", "C": "1"})),
        ({"column": "dc", "words": {" D ": "out"}}, FieldSource(column="dc", words={"D": "out"})),
    ],
)
def test_a_field_comes_from_a_column_or_is_a_value(value: Any, source: FieldSource) -> None:
    assert Mapping.parse({**PLAIN, "memo": value}).sources["memo"] == source


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ({"column": "date", "plus_days": 30}, FieldSource(column="date", plus_days=30)),
        ({"column": "date", "plus_days": -1, "words": {}}, FieldSource(column="date", plus_days=-1)),
        ({"column": "date", "format": "%d.%m.%Y"}, FieldSource(column="date", date_format="%d.%m.%Y")),
    ],
)
def test_a_date_has_a_format_and_days_to_add(value: Any, source: FieldSource) -> None:
    for name in ("occurred_at", "label_known_at"):
        assert Mapping.parse({**PLAIN, name: value}).sources[name] == source


@pytest.mark.parametrize(
    "value",
    [
        "", None, 7, [], {}, {"column": "a", "value": "b"}, {"plus_days": 1}, {"words": {}}, ["sum"], True,
    ],
)  # fmt: skip
def test_a_source_of_another_form_is_refused_by_field(value: Any) -> None:
    assert errors_of({**PLAIN, "memo": value}) == {
        "mapping.memo": ["memo needs a column's name, or an object with column, columns or value."]
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"column": "a", "x": 1, "plus_day": 2}, "memo has no option plus_day, x; it knows"),
        ({"column": "a", "ordinal": True}, "memo: separator and ordinal belong to columns."),
        ({"column": "a", "separator": "-"}, "memo: separator and ordinal belong to columns."),
        ({"columns": []}, "memo: columns is a list of columns' names."),
        ({"columns": ["a", ""]}, "memo: columns is a list of columns' names."),
        ({"columns": "ab"}, "memo: columns is a list of columns' names."),
        ({"columns": ["a"], "separator": 1}, "memo: separator is text, ordinal true or false."),
        ({"columns": ["a"], "ordinal": 1}, "memo: separator is text, ordinal true or false."),
        ({"columns": ["a"], "ordinal": True}, "memo: only external_id may have an ordinal."),
        ({"column": "a", "words": {"D": "in", " D ": "out"}}, "memo: the word D stands twice and means two things."),
    ],
)
def test_what_a_mapping_does_not_know_is_refused_by_its_name(value: Any, said: str) -> None:
    assert errors_of({**PLAIN, "memo": value})["mapping.memo"][0].startswith(said)


@pytest.mark.parametrize(
    "more", [{"words": []}, {"words": "x"}, {"plus_days": "1"}, {"plus_days": 1.5}, {"plus_days": True}]
)
def test_words_and_days_of_another_type_are_refused(more: dict[str, Any]) -> None:
    assert errors_of({**PLAIN, "occurred_at": {"column": "a", **more}}) == {
        "mapping.occurred_at": ["occurred_at: words is an object, plus_days a whole number."]
    }


def test_every_error_of_a_mapping_is_told_at_once() -> None:
    assert errors_of({"colour": "c", "memo": 7, "account": "acc", "amount": "sum"}) == {
        "mapping.colour": ["finobs knows no field named colour."],
        "mapping.memo": ["memo needs a column's name, or an object with column, columns or value."],
        "mapping.external_id": ["external_id has no column."],
        "mapping.occurred_at": ["occurred_at has no column."],
    }


@pytest.mark.parametrize("document", [None, [], "id", 7])
def test_a_mapping_that_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(Invalid, match="A mapping is an object"):
        Mapping.parse(document)


@pytest.mark.parametrize("name", REQUIRED_FIELDS)
def test_a_mapping_without_a_required_field_is_refused(name: str) -> None:
    document = {field: column for field, column in PLAIN.items() if field != name}
    assert errors_of(document) == {f"mapping.{name}": [f"{name} has no column."]}


def test_the_columns_of_a_mapping_are_named_once_and_in_order() -> None:
    mapping = Mapping.parse({**PLAIN, "memo": "sum", "currency": {"value": "EUR"}, "channel": {"column": "dc"}})
    assert mapping.columns == ["id", "acc", "when", "sum", "dc"]


def test_values_become_rows() -> None:
    mapping = Mapping.parse(
        {**PLAIN, "currency": {"value": "EUR"}, "direction": {"column": "dc", "words": {"D": "out", "C": "in"}}}
    )
    fields = RowFields(fit_to_header(mapping, ["dc", "id", "acc", "when", "sum"]))
    rows = [fields.of(values) for values in (["C", "1", "a", "x", "5"], ["D", "2", "b", "y", "6"])]
    assert [fault for _, fault in rows] == [None, None]
    assert [row for row, _ in rows] == [
        {"external_id": "1", "account": "a", "occurred_at": "x", "amount": "5", "currency": "EUR", "direction": "in"},
        {"external_id": "2", "account": "b", "occurred_at": "y", "amount": "6", "currency": "EUR", "direction": "out"},
    ]


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("D", "out"),
        (" D\t", "out"),
        ("", "in"),
        (None, "in"),
        ("NULL", "in"),
        (7, "seven"),
        ("X", "X"),
        (8, 8),
        (" d ", "out"),
    ],
)
def test_words_translate_what_they_name_and_leave_the_rest(value: Any, result: Any) -> None:
    assert FieldSource(column="dc", words={"D": "out", "": "in", "7": "seven"}).apply(value) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("2026-03-02", datetime(2026, 3, 9)),
        (" 2026-03-02T10:00:00 ", datetime(2026, 3, 9, 10)),
        (datetime(2026, 3, 2, 10), datetime(2026, 3, 9, 10)),
        ("", ""), (None, None), ("nan", "nan"),
    ],
)  # fmt: skip
def test_days_are_added_to_a_date_and_to_nothing_else(value: Any, result: Any) -> None:
    assert FieldSource(column="date", plus_days=7).apply(value) == result


@pytest.mark.parametrize("value", ["soon", "9999-12-30", "20260302", "2.3.2026"])
def test_days_are_not_added_to_what_is_no_date(value: str) -> None:
    with pytest.raises(RowFault, match=f"date is “{value}”") as fault:
        FieldSource(column="date", plus_days=7).apply(value)
    assert fault.value.reason == QuarantineReason.DATE


@pytest.mark.parametrize(
    ("source", "is_plain"),
    [
        (FieldSource(column="a"), True), (FieldSource(value="a"), False), (FieldSource(column="a", plus_days=1), False),
        (FieldSource(column="a", words={"x": "y"}), False), (FieldSource(), False),
    ],
)  # fmt: skip
def test_a_plain_source_is_a_column_as_it_stands(source: FieldSource, is_plain: bool) -> None:
    assert source.is_plain is is_plain
    assert FieldSource(column="a").apply(" x ") == " x "


@pytest.mark.parametrize("name", sorted(NAMED_MAPPINGS))
def test_every_named_mapping_holds_and_is_found_by_its_name(name: str) -> None:
    mapping, named = resolve(name)
    assert named is NAMED_MAPPINGS[name]
    assert set(mapping.sources) <= ROW_FIELDS
    assert set(REQUIRED_FIELDS) <= set(mapping.sources)
    assert set(resolve_labels(name).sources) == {"external_id", "is_suspicious", "typology", "label_known_at"}


def test_the_handbook_maps_its_scenarios_to_typologies() -> None:
    mapping, _ = resolve("handbook")
    typology = mapping.sources["typology"]
    assert [typology.apply(value) for value in ("0", 1, "2", "3")] == [
        "", "large_amount", "compromised_terminal", "leaked_card",
    ]  # fmt: skip
    assert mapping.sources["label_known_at"].apply("2018-04-01") == datetime(2018, 4, 8)


def test_a_mapping_is_read_from_json_or_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(PLAIN))
    for reference in (json.dumps(PLAIN), f"  {json.dumps(PLAIN)}", str(path)):
        mapping, named = resolve(reference)
        assert (mapping.columns, named) == (["id", "acc", "when", "sum"], None)


@pytest.mark.parametrize("reader", [resolve, resolve_labels])
@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("nothing", "nothing is neither a mapping finobs knows (handbook, finobs), nor JSON, nor a file."),
        ("{not json", "The mapping is not valid JSON: "),
        ("{" * 100_000, "The mapping is not valid JSON: "),
    ],
)
def test_a_mapping_that_cannot_be_read_is_refused_in_words(reader: Any, reference: str, words: str) -> None:
    with pytest.raises(Invalid) as error:
        reader(reference)
    assert error.value.detail.startswith(words)


def test_a_mapping_of_labels_needs_the_transaction_and_the_label(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as error:
        resolve_labels(json.dumps(PLAIN))
    assert error.value.fields == {"mapping.is_suspicious": ["is_suspicious has no column."]}
    mapping = resolve_labels(json.dumps({**PLAIN, "is_suspicious": "fraud"}))
    assert mapping.columns == ["id", "fraud"]
    path = tmp_path / "list.json"
    path.write_text("[]")
    with pytest.raises(Invalid, match="field of a label to column of the file"):
        resolve_labels(str(path))


def test_optional_fields_of_their_own_name_may_be_absent_from_a_file() -> None:
    mapping, _ = resolve("finobs")
    fitted = fit_to_header(mapping, ["external_id", "account", "occurred_at", "amount", "memo"]).mapping
    assert set(fitted.sources) == {*REQUIRED_FIELDS, "memo"}


@pytest.mark.parametrize("name", REQUIRED_FIELDS)
def test_a_file_without_a_required_column_is_refused_by_name(name: str) -> None:
    header = [field for field in REQUIRED_FIELDS if field != name]
    with pytest.raises(Invalid) as error:
        fit_to_header(resolve("finobs")[0], header)
    assert error.value.detail == f"The file has no column {name}. Its columns are: {', '.join(header)}."


def test_a_column_of_another_name_must_be_there() -> None:
    mapping = Mapping.parse({**PLAIN, "memo": "note", "channel": {"column": "channel", "words": {"1": "card"}}})
    with pytest.raises(Invalid, match="has no column note, channel"):
        fit_to_header(mapping, PLAIN_COLUMNS)
    assert fit_to_header(mapping, [*PLAIN_COLUMNS, "note", "channel"]).mapping.columns == mapping.columns


def test_a_file_without_any_column_says_none() -> None:
    with pytest.raises(Invalid, match="Its columns are: none"):
        fit_to_header(Mapping.parse(PLAIN), [])


def test_a_file_of_labels_needs_its_two_columns() -> None:
    mapping = resolve_labels("finobs")
    fitted = fit_to_header(mapping, ["external_id", "is_suspicious"]).mapping
    assert set(fitted.sources) == {"external_id", "is_suspicious"}
    with pytest.raises(Invalid, match="has no column is_suspicious"):
        fit_to_header(mapping, ["external_id", "typology"])


def test_a_mapping_of_labels_may_have_the_fields_of_transactions_and_no_others() -> None:
    document = {**PLAIN, "is_suspicious": "fraud", "typolgy": "kind"}
    with pytest.raises(Invalid) as error:
        resolve_labels(json.dumps(document))
    assert list(error.value.fields) == ["mapping.typolgy"]
    del document["typolgy"]
    assert set(resolve_labels(json.dumps(document)).sources) == {"external_id", "is_suspicious"}


@pytest.mark.parametrize(
    "words",
    [{"\u212a": "out", "k": "in"}, {"a b": "out", "a  b": "in"}, {"D": "out", "d": "in"}, {"\u00e9": "out", "e\u0301": "in"},
     {"x": "out", " x": "in"}, {"\uff24": "out", "D": "in"}, {"a b": "out", "a\u00a0b": "in"}],
)  # fmt: skip
def test_words_that_read_alike_mean_one_thing(words: dict[str, str]) -> None:
    text = json.dumps({"column": "dc", "words": words})
    assert "stands twice and means two things" in errors_of({**PLAIN, "memo": json.loads(text)})["mapping.memo"][0]
    same = dict.fromkeys(words, "out")
    assert Mapping.parse({**PLAIN, "memo": {"column": "dc", "words": same}})


def test_a_word_for_nothing_means_what_the_mapping_says() -> None:
    signs = FieldSource(column="dc", words={"-": "out", "+": "in", "": "none"})
    assert [signs.apply(each) for each in ("-", "+", "", "NULL")] == ["out", "in", "none", "none"]
