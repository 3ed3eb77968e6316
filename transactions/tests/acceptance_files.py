"""Files in the shapes that people bring: how each is imported, and what is right for it.

Each case has a twin, written by its function, of the shape that the real file of the same name has; both are held to the
same expectations. What a data set's layout brings in is computed from its own rows (`Layout`), by nothing of finobs.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow
from pyarrow import parquet

PLACES = {"JPY": 0, "KWD": 3}
KNOWN = {"USD", "EUR", "GBP", "INR", "JPY", "CHF", "AUD", "ILS", "MXN", "RUB", "CAD", "CNY", "BRL", "SAR", "AED", "MAD",
         "NGN", "TRY", "ALL", "PKR"}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Which columns (by their position) a data set's file has what in; `read` counts what must become of its rows."""

    amount: int
    currency: Callable[[list[str]], str]
    direction: Callable[[list[str]], str] = lambda _: "out"

    def read(self, content: bytes) -> tuple[Counter[str], Counter[str]]:
        """What is held back, by reason, and what moved, in decimals by currency and direction."""
        held, moved = Counter[str](), Counter[str]()
        for row in list(csv.reader(io.StringIO(content.decode())))[1:]:
            currency, amount = self.currency(row), Decimal(row[self.amount])
            if currency not in KNOWN:
                held["currency"] += 1
            elif amount != round(amount, PLACES.get(currency, 2)):
                held["amount"] += 1
            else:
                moved[f"{self.direction(row)} {currency}"] += amount  # type: ignore[assignment]
        return held, moved


@dataclass(frozen=True)
class Case:
    """One file.

    refused: what the refusal says, each of these; then nothing is made. moved: each transaction, in the order of the
    rows, as "out 12.50 EUR". held: how many rows are held back, by reason. known: rows that are in already.
    first: what the first transaction has. unused, above, below: of the layout. time_zone: of the source. after: a case
    whose file comes in before.
    """

    name: str
    twin: Callable[[], bytes]
    mapping: Any = None
    options: Sequence[str] = ()
    refused: Sequence[str] = ()
    moved: Sequence[str] = ()
    held: dict[str, int] = field(default_factory=dict)
    known: int = 0
    layout: Layout | None = None
    first: dict[str, Any] = field(default_factory=dict)
    accounts: Sequence[str] = ()
    unused: Sequence[str] | None = None
    above: int = 0
    below: int = 0
    time_zone: str = ""
    after: str = ""
    title: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.title}".strip()


def text(*lines: str, end: str = "\n", encoding: str = "utf-8") -> Callable[[], bytes]:
    return lambda: "".join(line + end for line in lines).encode(encoding)


def raw(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def table(**columns: Any) -> Callable[[], bytes]:
    def write() -> bytes:
        out = io.BytesIO()
        parquet.write_table(pyarrow.table(columns), out)
        return out.getvalue()

    return write


OWN = "external_id,account,occurred_at,amount,currency"
OUT, EUR = {"value": "out"}, {"value": "EUR"}
SIGNED: dict[str, Any] = {"decimal_mark": ".", "sign": "negative is out"}
GERMAN = {"external_id": "id", "account": "konto", "occurred_at": "Datum", "amount": {"column": "Betrag", "decimal_mark": "."},
          "currency": EUR, "direction": OUT}  # fmt: skip


# Amounts and currencies; those that are finer than the currency, or in one that is no more or never was, are held back.
MINOR_UNITS = """10.50 MGA, 10.50 MRU, 1234 JPY, 1234.5 JPY -, 1.234 KWD, 1.2345 BHD -, 1.234 TND, 100.50 ISK -, 100.50 VND -,
    100.50 UGX -, 100.50 CLP -, 1.2345 CLF, 10.00 HRK, 10.00 SLE, 10.00 VED, 10.00 XCG, 10.00 ZWG, 10.00 STN, 10.50 HUF,
    10.50 TWD, 10.5 IDR, 1.234 IQD, 1.234 OMR, 1.234 LYD, 1.234 JOD, 1.5 KRW -, 1.5 XAF -, 1.5 PYG -, 1.5 RWF -, 1.5 GNF -,
    1.5 KMF -, 1.5 DJF -, 1.5 BIF -, 1.5 VUV -, 1.5 XPF -, 1.5 XOF -, 1.5 UYI -, 1.2345 UYW, 10.50 CNH, 10.50 BYR -,
    10.50 BYN, 10.50 MRO, 10.50 VEF, 10.50 VES, 10.50 usd, 10.50 Usd, 10.50 XAU -, 10.50 DEM"""


def minor_units_moved() -> tuple[str, ...]:
    given = [each.split() for each in MINOR_UNITS.split(",")]
    return tuple(f"out {amount} {code.upper()}" for amount, code, *finer in given if not finer)


def minor_units() -> bytes:
    amounts = (each.split()[:2] for each in MINOR_UNITS.split(","))
    rows = [f"{number},A1,2025-01-05,{amount},{code}" for number, (amount, code) in enumerate(amounts, 1)]
    return "\n".join([OWN, *rows, ""]).encode()


def many_bad() -> bytes:
    """Three hundred rows: every third has a date that is none, every fourth an amount in groups."""
    rows = []
    for number in range(1, 301):
        date = "05/01/2025" if number % 3 == 0 else "2025-01-05T10:00:00Z"
        amount = '"1,000.00"' if number % 4 == 0 else "10.00"
        rows.append(f"{number},A{number % 10},{date},{amount},EUR")
    return "\n".join([OWN, *rows, ""]).encode()


STATEMENT = ('"Id";"Konto";"Datum";"Betrag"', '"1";"A1";"2025-01-05";"10.00"', '"2";"A1";"2025-01-06";"20.00"',
             '"";"";"Summe";"30.00"', '"Nothing in this list is binding."')  # fmt: skip
ONE = "out 10.00 EUR"
TWENTY = (ONE, "out 20.00 EUR")
A_FILES = [
    Case(
        "a01_parens.csv",
        text("id,account,date,amount", "1,A1,2025-01-01,$400.00", "2,A1,2025-01-02,($30.00)", "3,A1,2025-01-03,-12.50", "4,A1,2025-01-04,12.50-"),
        {"external_id": "id", "account": "account", "occurred_at": "date", "amount": {"column": "amount", "currency_sign": "$", **SIGNED}, "currency": {"value": "USD"}},
        moved=("in 400.00 USD", "out 30.00 USD", "out 12.50 USD", "out 12.50 USD"),
    ),
    Case(
        "a01_parens.csv",
        text("id,account,date,amount", "1,A1,2025-01-01,$400.00", "2,A1,2025-01-02,($30.00)"),
        {"external_id": "id", "account": "account", "occurred_at": "date", "amount": "amount", "currency": {"value": "USD"}},
        refused=("Say which way the money goes", "negative is out"), title="without the meaning of its sign",
    ),
    Case(
        "a03_euro_sign.csv",
        text("id;account;date;amount", '1;A1;2025-05-17;" 110.7 €"', '2;A1;2025-05-18;" 116.62 €"', '3;A1;2025-05-19;"1 234,50 €"', "4;A1;2025-05-20;−5.00"),
        {"external_id": "id", "account": "account", "occurred_at": "date", "amount": {"column": "amount", "currency_sign": "€", **SIGNED}, "currency": EUR},
        moved=("in 110.70 EUR", "in 116.62 EUR", "out 5.00 EUR"), held={"amount": 1},
    ),
    Case("a04_no_preamble.csv", text(*STATEMENT), GERMAN, moved=TWENTY, below=2),
    Case(
        "a04_preamble_footer.csv",
        text('\ufeff"Konto";"DE00 0000"', "", '"Saldo";"1.234,56 EUR"', '""', *STATEMENT),
        GERMAN, moved=TWENTY, above=3, below=2,
    ),
    Case(
        "a05_debit_credit.csv",
        text("Id,Bank Account,Date,Narrative,Debit Amount,Credit Amount", "1,123,2025-03-01,SHOP1, 19.39 , 0.00", "2,123,2025-03-01,SHOP2, 23.60 , 0.00",
             "3,123,2025-03-02,FEE, 0.00 , 0.00", "4,123,2025-03-02,DEPOSIT, 0.00 , 100.00", "5,123,2025-03-03,DEPOSIT2,,7.00"),
        {"external_id": "Id", "account": "bank  account", "occurred_at": "Date", "amount_out": {"column": "Debit Amount", "decimal_mark": "."},
         "amount_in": {"column": "Credit Amount", "decimal_mark": "."}, "currency": {"value": "AUD"}, "memo": "Narrative"},
        moved=("out 19.39 AUD", "out 23.60 AUD", "out 0.00 AUD", "in 100.00 AUD", "in 7.00 AUD"), unused=(),
    ),
    Case("a06_semicolon.csv", text(OWN.replace(",", ";"), "1;A1;2025-01-05T10:00:00Z;10.00;EUR", "2;A1;2025-01-05T11:00:00Z;10.00;EUR"), moved=(ONE, ONE)),
    Case("a06_sep_line.csv", text("sep=;", OWN.replace(",", ";"), "1;A1;2025-01-05T10:00:00Z;10.00;EUR"), moved=(ONE,), above=1),
    Case(
        "a07_cp1252.csv",
        text("Id;Konto;Datum;Empfänger;Betrag", "1;A1;2025-01-05;Bäckerei Müller;10.00", "2;A1;2025-01-06;Shop;20.00", encoding="cp1252"),
        {**GERMAN, "counterparty": "Empfänger"}, ["--encoding", "windows-1252"], moved=TWENTY, first={"counterparty": "Bäckerei Müller"},
    ),
    Case(
        "a07_cp1252.csv", text("Id;Konto;Datum;Empfänger;Betrag", "1;A1;2025-01-05;Shop;10.00", encoding="cp1252"), GERMAN,
        refused=("Line 1", "Empfänger", "--encoding windows-1252"), title="without its encoding",
    ),
    Case(
        "a07_cp1252_body.csv", text(OWN + ",memo", "1,A1,2025-01-05,10.00,EUR,Bäckerei Müller", "2,A1,2025-01-06,20.00,EUR,Shop", encoding="cp1252"),
        options=["--encoding", "cp1252"], moved=TWENTY, first={"memo": "Bäckerei Müller"},
    ),
    Case(
        "a07_cp1252_body.csv", text(OWN + ",memo", "1,A1,2025-01-05,10.00,EUR,Bäckerei Müller", "2,A1,2025-01-06,20.00,EUR,Shop", encoding="cp1252"),
        moved=("out 20.00 EUR",), held={"encoding": 1}, title="without its encoding",
    ),
    Case("a08_tab.tsv", text(OWN.replace(",", "\t"), "1\tA1\t2025-01-05\t10.00\tEUR"), moved=(ONE,)),
    Case("a08_utf16.txt", text("\ufeff" + OWN.replace(",", "\t"), "1\tA1\t2025-01-05\t10.00\tEUR", encoding="utf-16-le"), moved=(ONE,)),
    Case("a08_utf16be_nobom.txt", text(OWN.replace(",", "\t"), "1\tA1\t2025-01-05\t10.00\tEUR", encoding="utf-16-be"), moved=(ONE,)),
    Case(
        "a09_dates.csv",
        text(OWN, *(f"{number},A1,{date},10.00,EUR" for number, date in enumerate(
            ("12/05/2015", "18/05/2015", "5/26/2023", "26.10.2015 11:14:40", "13.03.21", "2025-04-07 8:30:00 AM", "2025-04-07 08:30", "20250407",
             "20250407T083000Z", "2025-4-7", "45012.5208", "1325376018", "1617789005123", "2025-04-07 08:30:00 UTC", "2025-04-07T08:30:00+0200",
             "2025-04-07T08:30:00,250Z", "2025-04-07T08:30:00.123456789Z", "2025-04-07T24:00:00", "2025-04-07T23:59:60Z", "2025-04-07 08:30:00 +02:00",
             "2025-04-07T08:30:00 EST", "01 NOV 2021", "2025/04/07 08:30", "2025-04-07T08", "2025-W15-1"), 1))),
        moved=(ONE,) * 5, held={"date": 19, "malformed": 1},
    ),
    Case(
        "a10_twins.csv", text("Date,Account,Description,Amount,Balance", *(f"2019-01-01,12345678,SUPERMARKET,10.00,{left}" for left in ("1000.00", "990.00"))),
        {"external_id": {"columns": ["Date", "Account", "Description", "Amount"], "ordinal": True}, "account": "Account", "occurred_at": "Date",
         "amount": {"column": "Amount", "decimal_mark": "."}, "currency": {"value": "GBP"}, "direction": OUT},
        moved=("out 10.00 GBP",) * 2, first={"external_id": "2019-01-01 12345678 SUPERMARKET 10.00 1"}, unused=("Balance",),
    ),
    Case("a11_first.csv", text(OWN + ",memo", "T1,A1,2018-08-21T10:00:00Z,10.00,EUR,pending", "T2,A1,2018-08-21T11:00:00Z,20.00,EUR,booked"), moved=TWENTY),
    Case(
        "a11_second.csv", text(OWN + ",memo", "T1,A1,2018-08-21T12:00:00Z,10.00,EUR,booked", "T2,A1,2018-08-21T11:00:00Z,20.0,eur, booked ", "T3,A1,2018-08-22T11:00:00Z,5,EUR,booked"),
        moved=("out 5.00 EUR",), known=1, held={"conflict": 1}, after="a11_first.csv",
    ),
    Case(
        "a13_f32.parquet",
        table(external_id=["1", "2"], account=["A", "B"], occurred_at=[20200101, 20200102], amount=pyarrow.array([10.1, 7.0], pyarrow.float32()),
              currency=["EUR", "EUR"], is_suspicious=[True, None]),
        {"external_id": "external_id", "account": "account", "occurred_at": {"column": "occurred_at", "format": "%Y%m%d"},
         "amount": {"column": "amount", "decimal_mark": "."}, "currency": "currency", "is_suspicious": "is_suspicious", "direction": OUT},
        moved=("out 10.10 EUR", "out 7.00 EUR"),
    ),
    Case(
        "a13_ints.parquet",
        table(external_id=[1, 2, 3, 4], account=[123, 2291163933867244, 42, 9], occurred_at=pyarrow.array([20093] * 4, pyarrow.int32()).cast(pyarrow.date32()),
              amount=pyarrow.array([Decimal("10.1000"), Decimal("0.3000"), Decimal("29.9900"), Decimal("10000000.0000")], pyarrow.decimal128(20, 4)),
              currency=["EUR"] * 4, is_suspicious=[0.0, 1.0, None, 0.0]),
        moved=("out 10.10 EUR", "out 0.30 EUR", "out 29.99 EUR", "out 10000000.00 EUR"), accounts=("123", "2291163933867244", "42", "9"),
    ),
    Case(
        "a13_tz.parquet",
        table(external_id=["1"], account=["A"], occurred_at=pyarrow.array([1736071200000]).cast(pyarrow.timestamp("ms", "America/New_York")), amount=["7"], currency=["EUR"]),
        moved=("out 7.00 EUR",), first={"occurred_at": "2025-01-05T10:00:00+00:00"},
    ),
    Case("a14_minor_units.csv", minor_units, moved=minor_units_moved(), held={"amount": MINOR_UNITS.count("-")}),
    Case("a15_crypto.csv", text(OWN, "1,A1,2025-01-05,0.12345678,BTC", "2,A1,2025-01-05,0.000000000000000001,ETH", "3,A1,2025-01-05,10.123456,USDT", "4,A1,2025-01-05,10.12,USDC", "5,A1,2025-01-05,10.12,XBT"), held={"currency": 5}),
    Case("a20_many_bad.csv", many_bad, moved=(ONE,) * 150, held={"date": 100, "amount": 50}),
    Case("a21_header_quote.csv", text('external_id,account,occurred_at,"amount,currency', "1,A1,2025-01-05,10.00,EUR"), refused=("Line 1, column 4", "quote")),
    Case("a21_header_quote2.csv", text('external_id,acc"ount,occurred_at,amount,currency', "1,A1,2025-01-05,10.00,EUR"), refused=("Line 1, column 2", "quote")),
    Case(
        "a22_ragged.csv", text(OWN + ",memo,", "1,A1,2025-01-05,10.00,EUR,full,", "2,A1,2025-01-05,10.00,EUR", "3,A1,2025-01-05,10.00,EUR,x,,", "4,A1,2025-01-05,10.00,EUR,,"),
        moved=(ONE, ONE), held={"malformed": 2}, unused=("#7",),
    ),
    Case("a22_two_empty_headers.csv", text(OWN + ",,", "1,A1,2025-01-05,10.00,EUR,,"), moved=(ONE,), unused=("#6", "#7")),
    Case(
        "a23_dst.csv", text(OWN, *(f"{number},A1,{at}:00,1.00,EUR" for number, at in enumerate(
            ("2024-10-27 01:30", "2024-10-27 02:10", "2024-10-27 02:50", "2024-10-27 02:20", "2024-10-27 03:10", "2024-03-31 02:30"), 1))),
        moved=("out 1.00 EUR",) * 5, held={"date": 1}, time_zone="Europe/Berlin", first={"occurred_at": "2024-10-26T23:30:00+00:00"},
    ),
    Case(
        "a24_excel_ids.csv", text(OWN, "1.23457E+14,2.29116E+15,2020-06-21,2.86,USD", "1.23457E+14,2.29116E+15,2020-06-21,29.84,USD", "3,00042,2020-06-21,1.00,USD",
                                  "4,42,2020-06-21,1.00,USD", '5,="00042",2020-06-21,1.00,USD', "6,'00042,2020-06-21,1.00,USD"),
        moved=("out 1.00 USD",) * 4, held={"type": 2}, accounts=("00042", "42", "00042", "00042"),
    ),
    Case(
        "a25_revolut.csv",
        text("Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance",
             "CARD_PAYMENT,Current,2024-06-01 09:15:02,2024-06-02 10:00:00,Shop A,-12.50,0.00,EUR,COMPLETED,87.50",
             "TOPUP,Current,2024-06-02 09:15:02,2024-06-02 09:15:03,Top-up,100.00,0.00,EUR,COMPLETED,187.50",
             "CARD_PAYMENT,Current,2024-06-03 09:15:02,,Shop B,-7.00,0.00,EUR,PENDING,",
             "ATM,Current,2024-06-04 09:15:02,2024-06-04 09:16:02,Cash,-3713.36,37.13,EUR,COMPLETED,10.00",
             "CARD_PAYMENT,Current,2024-06-05 09:15:02,2024-06-05 09:15:05,Shop C,-20.00,0.00,EUR,REVERTED,"),
        {"external_id": {"columns": ["Started Date", "Type", "Description", "Amount"], "ordinal": True}, "account": {"value": "Revolut"},
         "occurred_at": "Started Date", "amount": {"column": "Amount", **SIGNED}, "currency": "Currency", "counterparty": "Description"},
        moved=("out 12.50 EUR", "in 100.00 EUR", "out 7.00 EUR", "out 3713.36 EUR", "out 20.00 EUR"),
        unused=("Product", "Completed Date", "Fee", "State", "Balance"),
    ),
    Case(
        "a27_scientific_amount.csv",
        text(OWN, *(f"{number},A1,2025-01-05,{amount},USD" for number, amount in enumerate(
            ("1.916920493E7", "1.5E+5", "0.1E-1", "1E-3", "+5.00", ".5", "5.", "1_000.00", "0x10", "٥.٠٠", "-0.00", "12345678901234567890.00"), 1))),
        moved=("out 19169204.93 USD", "out 150000.00 USD", "out 0.01 USD", "out 5.00 USD", "out 0.50 USD", "out 5.00 USD", "out 0.00 USD"), held={"amount": 5},
    ),
    Case(
        "a28_quoted_newline.csv", text(OWN + ",memo", '1,A1,2025-01-05,10.00,EUR,"line one', 'line ""two"", more"', '2,A1,2025-01-06,11.00,EUR,"open quote', "3,A1,2025-01-07,12.00,EUR,fine"),
        moved=(ONE, "out 12.00 EUR"), held={"malformed": 1}, first={"memo": 'line one\nline "two", more'},
    ),
    Case("a29_cr_only.csv", text(OWN, "1,A1,2025-01-05,10.00,EUR", "2,A1,2025-01-06,10.00,EUR", end="\r"), moved=(ONE, ONE)),
    Case("a29_extra_columns.csv", text(OWN + ",merchant_category,note", "1,A1,2025-01-05,10.00,EUR,5411,x"), moved=(ONE,), unused=("merchant_category", "note")),
    Case("a29_header_case.csv", text(" External_ID , Account,OCCURRED_AT,Amount,Currency", "1,A1,2025-01-05,10.00,EUR"), moved=(ONE,), unused=()),
    Case("a29_no_header.csv", text("1,A1,2025-01-05,10.00,EUR", "2,A1,2025-01-06,10.00,EUR"), refused=("Line 1 looks like a row", "--no-header", "#2")),
    Case(
        "a29_no_header.csv", text("1,A1,2025-01-05,10.00,EUR", "2,A1,2025-01-06,10.00,EUR"),
        {"external_id": "#1", "account": "#2", "occurred_at": "#3", "amount": {"column": "#4", "decimal_mark": "."}, "currency": "#5", "direction": OUT},
        ["--no-header"], moved=(ONE, ONE), unused=(), title="by the numbers of its columns",
    ),
    Case(
        "a30_null_words.csv",
        text(OWN + ",counterparty,country,is_suspicious", "1,A1,2025-01-05,10.00,EUR,NULL,NA,0.0", "2,A1,2025-01-05,10.00,EUR,nan,GB,1.0", "3,NaN,2025-01-05,10.00,EUR,N/A,UK,True",
             "4,None,2025-01-05,10.00,EUR,-,USA,Y", "5,,2025-01-05,10.00,EUR,,EL,fraud", "6,A1,2025-01-05,10.00,EUR,,us,FALSE"),
        moved=(ONE,) * 3, held={"missing": 3}, first={"counterparty": None, "country": "NA"},
    ),
    Case(
        "a30b_placeholders.csv",
        text(OWN + ",counterparty,country,memo", "1,A1,2025-01-05,10.00,EUR,NULL,,NULL", "2,NaN,2025-01-05,10.00,EUR,nan,NA,nan", "3,None,2025-01-05,10.00,EUR,N/A,,-",
             "4,#N/A,2025-01-05,10.00,EUR,-,,", "nan,A1,2025-01-05,10.00,EUR,\\N,,"),
        moved=(ONE,), held={"missing": 4}, first={"counterparty": None},
    ),
    Case("a32_nocur.csv", text("external_id,account,occurred_at,amount", "1,A1,2025-01-05,10.00"), refused=("names a currency",)),
    Case("a32_nocur.csv", text("external_id,account,occurred_at,amount", "1,A1,2025-01-05,10.00"), options=["--currency", "EUR"], moved=(ONE,), title="with a currency"),
    Case(
        "a42_words.csv", text(OWN + ",dc", "1,A1,2025-01-05,10.00,EUR,D ", "2,A1,2025-01-05,10.00,EUR, C", "3,A1,2025-01-05,10.00,EUR,d", "4,A1,2025-01-05,10.00,EUR,", "5,A1,2025-01-05,10.00,EUR,RD"),
        {"external_id": "external_id", "account": "account", "occurred_at": "occurred_at", "amount": {"column": "amount", "decimal_mark": "."}, "currency": "currency",
         "direction": {"column": "dc", "words": {"D": "out", "C": "in"}}},
        moved=(ONE, "in 10.00 EUR", ONE), held={"direction": 2}, unused=(),
    ),
]  # fmt: skip
