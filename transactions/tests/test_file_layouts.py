"""How a file is laid out is found or said, shown, and never guessed from what its rows say."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from typing import Any

import pytest

from finobs.core.errors import Invalid
from transactions.choices import QuarantineReason
from transactions.files import CsvOptions, RowFile, open_rows
from transactions.files.encoding import encoding_of
from transactions.mappings import Mapping, resolve
from transactions.row_validation import RawRow, RowFault, text

OWN = resolve("finobs")[0]
HEADER = "external_id,account,occurred_at,amount,currency"
ROW = "{},A1,2025-01-05,10.00,EUR"


def opened(content: bytes | str, mapping: Mapping = OWN, **options: Any) -> RowFile:
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return open_rows(stream, "rows.csv", mapping, CsvOptions(**options))


def read(content: bytes | str, mapping: Mapping = OWN, **options: Any) -> tuple[list[RawRow], dict[str, Any]]:
    file = opened(content, mapping, **options)
    rows = list(file.rows)
    return rows, file.layout.as_json()


def ids(rows: list[RawRow]) -> list[Any]:
    return [row.fields.get("external_id") for row in rows if row.fault is None]


def refusal(content: bytes | str, mapping: Mapping = OWN, **options: Any) -> str:
    with pytest.raises(Invalid) as error:
        opened(content, mapping, **options)
    return error.value.detail


def mapped(**fields: Any) -> Mapping:
    plain = {
        "external_id": "id",
        "account": "acc",
        "occurred_at": "day",
        "amount": {"column": "sum", "decimal_mark": "."},
    }
    return Mapping.parse({**plain, "direction": {"value": "out"}, **fields})


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_delimiter_line_end_and_encoding_is_found(mark: str, end: str, encoding: str) -> None:
    text = end.join([HEADER + ",memo", *(ROW.format(n) + f',"é{n} ""x"""' for n in range(3)), ""]).replace(",", mark)
    rows, layout = read(text.encode(encoding))
    assert ids(rows) == ["0", "1", "2"]
    assert [row.fields["memo"] for row in rows] == ['é0 "x"', 'é1 "x"', 'é2 "x"']
    assert layout["delimiter"] == mark
    assert layout["encoding"] == encoding.replace("utf-8-sig", "utf-8").replace("16", "16-le", encoding == "utf-16").replace(
        "32", "32-le", encoding == "utf-32"
    )  # fmt: skip


def test_a_bad_line_of_a_wide_encoding_is_kept_as_it_came() -> None:
    text = "\n".join([HEADER, ROW.format(1), "2,é", ROW.format(3)])
    rows, _ = read(text.encode("utf-16"))
    assert ids(rows) == ["1", "3"]
    assert rows[1].raw == "2,é\n".encode("utf-16-le")
    assert rows[1].fault is not None
    assert "Line 3 has 2 columns, the header has 5; occurred_at is the first that is missing" in rows[1].fault.detail


def test_half_a_character_of_utf_16_costs_its_own_line() -> None:
    content = (
        f"{HEADER}\n{ROW.format(1)}\n".encode("utf-16-le")
        + b"2\x00,\x00\x00\xd8\n\x00"
        + f"{ROW.format(3)}\n".encode("utf-16-le")
    )
    rows, _ = read(b"\xff\xfe" + content)
    assert ids(rows) == ["1", "3"]
    assert rows[1].fault is not None
    assert rows[1].fault.reason == QuarantineReason.ENCODING


@pytest.mark.parametrize(
    "encoding",
    [
        "shift_jis",
        "gbk",
        "iso-8859-2",
        "koi8-r",
        "cp1252",
        "latin-1",
        "UTF_8",
        "utf-8-sig",
        "gb18030",
        "big5",
        "euc-kr",
        "cp932",
    ],
)
def test_an_encoding_that_is_said_is_read(encoding: str) -> None:
    word = {
        "shift_jis": "表示",
        "gbk": "银行",
        "gb18030": "银行",
        "big5": "銀行",
        "euc-kr": "은행",
        "cp932": "表示",
        "koi8-r": "банк",
        "iso-8859-2": "ąę",
    }.get(encoding, "é")
    rows, _ = read(f"{HEADER},memo\n{ROW.format(1)},{word}\n".encode(encoding), encoding=encoding)
    assert rows[0].fields["memo"] == word


@pytest.mark.parametrize(
    "encoding",
    [
        "nonsense",
        "rot13",
        "hex",
        "idna",
        "punycode",
        "cp037",
        "unicode_escape",
        "utf-7",
        "U7",
        "raw_unicode_escape",
        "hz",
        "\x00",
        "x" * 99,
    ],
)
def test_what_is_no_encoding_of_tables_is_refused(encoding: str) -> None:
    assert "There is no encoding" in refusal(HEADER, encoding=encoding)


def test_a_mark_that_contradicts_what_is_said_is_refused() -> None:
    assert "begins with the mark of utf-16-le" in refusal(HEADER.encode("utf-16"), encoding="utf-8")
    assert encoding_of(HEADER.encode("utf-16"), "utf-16").codec == "utf-16-le"


def test_lines_above_the_header_and_below_the_rows_are_named() -> None:
    text = "\n".join(
        [
            'Account "A"',
            "",
            "From;01.01.2025",
            HEADER.replace(",", ";"),
            ROW.format(1).replace(",", ";"),
            ";;Sum;10.00;EUR",
            "Total 1",
            "",
        ]
    )
    rows, layout = read(text)
    assert ids(rows) == ["1"]
    assert (layout["header_line"], layout["lines_above"], layout["lines_below"]) == (
        4, ['Account "A"', "From;01.01.2025"], [";;Sum;10.00;EUR", "Total 1"],
    )  # fmt: skip


def test_a_line_without_an_id_within_the_table_is_a_row_and_so_are_too_many_at_its_end() -> None:
    rows, layout = read("\n".join([HEADER, ROW.format(1), ",,,10.00,EUR", ROW.format(2)]))
    assert (len(rows), "lines_below" in layout) == (3, False)
    rows, layout = read("\n".join([HEADER, ROW.format(1), *[",,,10.00,EUR"] * 25]))
    assert len(rows) >= 20
    rows, layout = read("\n".join([HEADER, ROW.format(1), "2,A1,2025-0"]))
    assert (len(rows), "lines_below" in layout) == (2, False)


LAST_ROWS = [
    '2,A1,2025-01-05,10.00,"EUR', '"2,A1,2025-01-05,10.00,EUR', '2,A1,2025-01-05,10.00,EUR"', '2,"A1" x,2025-01-05,10.00,EUR', '"2', '"Total', "2", "T-2",
    "9f3c-11", "2025-01-05", "5000.00", "1 234.50", "2025-01-05 10:00", "2;A1;2025-01-05;10.00;EUR", "2\tA1\t2025-01-05\t10.00\tEUR", "2|A1|2025-01-05|10.00|EUR",
    "2;A1", "Shop;2025-01-05;10.00", "x;A1;2025-01-05", "2^A1^2025-01-05", ",,2026-01-01,5000.00,EUR", ",,05.01.2026,5000.00,EUR", ",,2026-01-01,,", ",,,5000.00,",
    ",,,10.00,EUR", ",,2026-01-01T10:00:00Z,x,EUR", "2,", ",A1", ",,2026-01-01", "a,b,c", "1,2,3,4,5,6", " ,NULL,2026-01-01,5.00,EUR",
]  # fmt: skip
FOOTERS = ["Total", "Total 1", "Total;30.00", "Die Angaben sind ohne Gewähr.", "Printed on 05.01.2025; 10:30", ",,Sum,30.00,", ",,Total 2025,,", '"Sum"', ",,,,x",
           ",,Balance of the account,1234.50,EUR", "Page 1 of 2"]  # fmt: skip


@pytest.mark.parametrize("line", LAST_ROWS)
@pytest.mark.parametrize("after", [[], ["Total"]])
def test_a_row_at_the_end_is_no_footer_whatever_is_wrong_with_it(line: str, after: list[str]) -> None:
    rows, layout = read("\n".join([HEADER, ROW.format(1), line, *after]))
    assert len(rows) == 2
    assert layout.get("lines_below", []) == after
    assert rows[1].raw.decode().rstrip("\n") == line


def test_a_last_row_that_is_no_text_is_no_footer() -> None:
    rows, layout = read(f"{HEADER}\n{ROW.format(1)}\n".encode() + b"Gew\xe4hr")
    assert (len(rows), "lines_below" in layout) == (2, False)


@pytest.mark.parametrize("line", FOOTERS)
def test_totals_and_words_below_the_rows_are_a_footer(line: str) -> None:
    rows, layout = read("\n".join([HEADER, ROW.format(1), line]))
    assert (len(rows), layout["lines_below"]) == (1, [line])


@pytest.mark.parametrize("rows_in_batch", [1, 2, 3])
def test_the_lines_below_are_known_with_the_last_row(rows_in_batch: int) -> None:
    file = opened("\n".join([HEADER, *(ROW.format(n) for n in range(rows_in_batch)), "Total"]))
    for _ in range(rows_in_batch):
        next(file.rows)
    assert file.layout.lines_below == ["Total"]


@pytest.mark.parametrize("header", ["ID,Acc,DAY,Sum", " id , acc ,day ,sum", "Id,ACC,Day,ſum", "id,acc,day,su\u006d"])
def test_names_of_columns_are_the_same_in_any_case_and_with_blanks(header: str) -> None:
    rows, layout = read(f"{header},Extra\n1,A,2025-01-05,5.00,x\n", mapped(currency={"value": "EUR"}))
    assert ids(rows) == ["1"]
    assert layout["unused_columns"] == ["Extra"]


def test_two_columns_that_read_alike_are_refused_where_the_mapping_names_them() -> None:
    text = "id,acc,day,sum,Memo, memo \n1,A,2025-01-05,5.00,a,b\n"
    assert "memo stands 2 times in the header, as #5 and #6" in refusal(
        text, mapped(currency={"value": "EUR"}, memo="memo")
    )
    rows, layout = read(text, mapped(currency={"value": "EUR"}, memo="#6"))
    assert rows[0].fields["memo"] == "b"
    assert layout["unused_columns"] == ["#5"]
    assert read(text, mapped(currency={"value": "EUR"}))[1]["unused_columns"] == ["#5", "#6"]


def test_columns_by_number_are_parted_by_what_parts_the_most() -> None:
    mapping = Mapping.parse({"external_id": "#1", "account": "#2", "occurred_at": "#3", "amount": {"column": "#4", "decimal_mark": ","},
                             "currency": {"value": "EUR"}, "direction": {"value": "out"}})  # fmt: skip
    rows, layout = read("1;A;2025-01-05;5,00\n2;A;2025-01-06;6,00\n", mapping, has_header=False)
    assert ids(rows) == ["1", "2"]
    assert (layout["delimiter"], "header_line" in layout) == (";", False)
    assert "has no column #4" in refusal("1;A;2025-01-05\n", mapping, has_header=False)


def test_an_id_of_columns_counts_equal_rows_in_the_file() -> None:
    mapping = mapped(
        external_id={"columns": ["day", "acc", "sum"], "separator": "/", "ordinal": True}, currency={"value": "EUR"}
    )
    rows, _ = read("acc,day,sum\nA,2025-01-05,5.00\nB,2025-01-05,5.00\nA,2025-01-05,5.00\n", mapping)
    assert ids(rows) == ["2025-01-05/A/5.00/1", "2025-01-05/B/5.00/1", "2025-01-05/A/5.00/2"]
    long = "x" * 90
    rows, _ = read(f"acc,day,sum\n{long},2025-01-05,5.00\n{long},2025-01-05,5.00\n", mapping)
    assert [len(str(each)) for each in ids(rows)] == [66, 66]
    assert len(set(ids(rows))) == 2


TWINS = [
    (("COFFEE SHOP", "x"), ("COFFEE  SHOP", "x")), (("COFFEE SHOP", "x"), ("COFFEE\u00a0SHOP", "x")), (("\u00e9", "x"), ("e\u0301", "x")),
    (("A B", ""), ("A", "B")), (("", "A B"), ("A", "B")), (("A", "NULL"), ("A", "")), (("A ", "B"), ("A", " B")), (("a" * 90, "b"), ("a" * 90, "b ")),
    (("\u2003A", "B"), ("A", "B")), (("a  " * 30, "b"), ("a " * 30, "b")), (("x\ufe0f", "y"), ("x", "y")), (("A", "B"), ("A", "B")),
    (("'0001", ""), ("0001", "")), (("DE8937040044053201300", ""), ("de8937040044053201300", "")),
]  # fmt: skip


@pytest.mark.parametrize("separator", [" ", "/", "", "  ", "\u00a0"])
@pytest.mark.parametrize("twins", TWINS, ids=range(len(TWINS)))
def test_rows_whose_composed_ids_read_alike_are_counted_as_equal(
    twins: tuple[tuple[str, str], ...], separator: str
) -> None:
    """The validator reads an id in its one form: what it would take for one is counted as one."""
    mapping = mapped(
        external_id={"columns": ["a", "b"], "separator": separator, "ordinal": True}, currency={"value": "EUR"}
    )
    lines = [f'"{a}","{b}",A,2025-01-05,5.00' for a, b in [*twins, *twins, ("other", "x")]]
    rows, _ = read("\n".join(["a,b,acc,day,sum", *lines]), mapping)
    stored = [text(row.fields, "external_id") for row in rows]
    assert len(set(stored)) == len(rows) == 5
    again = [text(row.fields, "external_id") for row in read("\n".join(["a,b,acc,day,sum", *lines]), mapping)[0]]
    assert again == stored


def test_an_ordinal_without_a_separator_makes_no_id_of_another_row() -> None:
    mapping = mapped(external_id={"columns": ["a"], "separator": "", "ordinal": True}, currency={"value": "EUR"})
    lines = ["A,A,2025-01-05,5.00"] * 12 + ["A1,A,2025-01-05,5.00"] * 12 + ["A11,A,2025-01-05,5.00"]
    rows, _ = read("\n".join(["a,acc,day,sum", *lines]), mapping)
    assert len(set(ids(rows))) == len(rows) == 25


@pytest.mark.parametrize("separator", ["\t", "\n", "\u200b", "\x00"])
def test_a_separator_that_no_id_may_hold_is_refused(separator: str) -> None:
    with pytest.raises(Invalid, match="separator holds"):
        mapped(external_id={"columns": ["a", "b"], "separator": separator})


def test_a_composed_id_that_cannot_be_seen_is_refused_and_not_hashed() -> None:
    mapping = mapped(external_id={"columns": ["a", "b"], "ordinal": True}, currency={"value": "EUR"})
    rows, _ = read(f"a,b,acc,day,sum\n{'x' * 90}\u200b,b,A,2025-01-05,5.00\n", mapping)
    with pytest.raises(RowFault, match="ZERO WIDTH SPACE"):
        text(rows[0].fields, "external_id")


def test_columns_are_put_together_and_what_is_nothing_stays_nothing() -> None:
    mapping = mapped(
        occurred_at={"columns": ["day", "time"], "separator": "T"},
        currency={"value": "EUR"},
        memo={"columns": ["a", "b"]},
    )
    rows, _ = read("id,acc,day,time,sum,a,b\n1,A,2025-01-05,10:00,5.00,,\n2,A,2025-01-05,11:00,5.00,x,NULL\n", mapping)
    assert [row.fields["occurred_at"] for row in rows] == ["2025-01-05T10:00", "2025-01-05T11:00"]
    assert [row.fields["memo"].strip() for row in rows] == ["", "x"]


FOREIGN = {
    b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument": "OpenDocument", b"PK\x03\x04rows.csv": "ZIP archive", b"BZh91AY": "bzip2",
    b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "Zstandard", b"<!DOCTYPE html><table>": "web page", b"  <html>": "web page", b"[{\"id\": 1}]": "JSON", b"{}": "JSON",
    b"!Type:Bank\nD01/01/2025": "QIF", b"{1:F01BANKDEFF}{2:I940}": "MT940", b"SQLite format 3\x00": "SQLite", b"\x89PNG\r\n": "picture", b"{\\rtf1": "RTF",
    b"Obj\x01": "Avro", b"ARROW1\x00\x00": "Arrow", b"\x89HDF\r\n": "HDF5", b"<?xml version='1.0'?><rows/>": "XML",
    '\ufeff<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"/>'.encode("utf-16"): "camt.053",
}  # fmt: skip


@pytest.mark.parametrize(("content", "name"), FOREIGN.items(), ids=FOREIGN.values())
def test_another_format_is_refused_by_its_name_with_what_to_do(content: bytes, name: str) -> None:
    detail = refusal(content)
    assert name in detail
    assert detail.count(". ") >= 1


@pytest.mark.parametrize("first", ["ORC", "FEA1", "Obj", "BZh", "<b>", "PK", "II", "{x"])
def test_a_table_whose_first_column_begins_as_a_format_does_is_read(first: str) -> None:
    rows, _ = read(f"{first},{HEADER}\nx,{ROW.format(1)}\n")
    assert ids(rows) == ["1"]


@pytest.mark.parametrize("content", [b"", b"\n\n \n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf\r\n", b"\x00\x00"])
def test_a_file_of_nothing_is_refused(content: bytes) -> None:
    detail = refusal(content)
    assert "empty" in detail or "header" in detail


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "\r\n"])
def test_a_header_without_rows_is_refused(end: str) -> None:
    assert "no rows below it" in refusal(HEADER + end)


def test_any_bytes_are_read_or_refused_in_words() -> None:
    """Fixed mutations of a file: rows, or a refusal; nothing else comes out of the reader."""
    content = "\n".join(
        ['"Account";x', HEADER, *(ROW.format(n) + ("" if n % 2 else '\n"open') for n in range(9)), "Total"]
    ).encode()
    chance = random.Random(7)
    for encoding in ("", "cp1252", "utf-16"):
        for _ in range(200):
            broken = bytearray(content)
            for _ in range(chance.choice((1, 3, 10))):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            with suppress(Invalid):
                read(bytes(broken), encoding=encoding)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_quote_within_a_field_swallows_no_row_after_it(end: str, encoding: str) -> None:
    lines = [
        ROW.format(1) + ',5" pipe',
        ROW.format(2) + ",x",
        '3,A1,"',
        ROW.format(4) + ",é",
        ROW.format(5) + ',6" pipe',
        ROW.format(6) + ",x",
    ]
    text = end.join([HEADER + ",memo", *lines, ""])
    rows, _ = read(text.encode(encoding), encoding="" if encoding == "utf-16" else encoding)
    assert [row.fields["external_id"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert [row.fault is None for row in rows] == [True, True, False, True, True, True]
    raw = b"".join(row.raw for row in rows).decode({"utf-16": "utf-16-le"}.get(encoding, encoding))
    assert raw == end.join([*lines, ""])


def test_a_line_end_outside_of_quotes_loses_nothing() -> None:
    rows, _ = read(f'{HEADER},memo\n{ROW.format(1)},"x"\r{ROW.format(2)},y\n{ROW.format(3)},z\n')
    assert sum(row.fault is None for row in rows) == 1
    assert b"".join(row.raw for row in rows).count(b"A1") == 3
