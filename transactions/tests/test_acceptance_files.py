"""Every file of the shapes that people bring, by command: it comes in rightly, or is refused in words and leaves nothing.

FINOBS_ACCEPTANCE_DATA names the folder of the real ones; without it each runs on its twin.
"""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from finobs.core import money
from finobs.ledger.models import Event
from tests import factories
from transactions.models import Account, Batch, QuarantinedRow, Source, Transaction

from .acceptance_files import A_FILES, Case
from .acceptance_layouts import DATA_SETS, FORMATS

pytestmark = pytest.mark.django_db
CASES = [*A_FILES, *DATA_SETS, *FORMATS]
FOLDER = os.environ.get("FINOBS_ACCEPTANCE_DATA", "")
NUMBER_OF_FILES = 64


def path_of(case: Case, tmp_path: Path) -> Path:
    if FOLDER:
        return Path(FOLDER) / case.name
    path = tmp_path / case.name
    path.write_bytes(case.twin())
    return path


def run(case: Case, path: Path) -> dict[str, Any]:
    out = io.StringIO()
    mapping = ["--mapping", json.dumps(case.mapping)] if case.mapping else []
    made = () if Source.objects.filter(slug="file").exists() else ("--create-source", *case.options)
    options = made or [each for each in case.options if each not in ("--currency", "EUR")]
    call_command(
        "import_transactions", str(path), "--source", "file", "--json", "--no-progress", *mapping, *options,
        stdout=out, stderr=io.StringIO(),
    )  # fmt: skip
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def movement(words: str) -> tuple[str, Decimal, str]:
    direction, amount, currency = words.split()
    return direction, Decimal(amount), currency


def sums() -> dict[str, Decimal]:
    total: Counter[str] = Counter()
    for row in Transaction.objects.all():
        total[f"{row.direction} {row.currency}"] += row.amount_minor
    return {key: money.to_decimal(minor, key.split()[1]) for key, minor in total.items()}


def held(batch: int) -> Counter[str]:
    return Counter(QuarantinedRow.objects.filter(batch_id=batch).values_list("reason", flat=True))


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=str)
def test_a_file_that_cannot_come_in_is_refused_in_words_and_leaves_nothing(case: Case, tmp_path: Path) -> None:
    events = Event.objects.filter(action="source.create")
    with pytest.raises(CommandError) as error:
        run(case, path_of(case, tmp_path))
    for said in case.refused:
        assert said in str(error.value)
    assert "Traceback" not in str(error.value)
    for model in (Source, Account, Transaction, QuarantinedRow, Batch):
        assert not model._default_manager.exists(), model
    assert not events.exists()


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=str)
def test_a_file_comes_in_as_is_right_and_once(case: Case, tmp_path: Path) -> None:
    if case.time_zone:
        factories.source("file", time_zone=case.time_zone)
    if case.after:
        before = next(each for each in CASES if each.name == case.after)
        run(before, path_of(before, tmp_path))
    known = set(Transaction.objects.values_list("pk", flat=True))
    path = path_of(case, tmp_path)
    report = run(case, path)
    batch = Batch.objects.latest("pk")
    new = Transaction.objects.exclude(pk__in=known).order_by("batch_id", "position").select_related(
        "account", "counterparty"
    )  # fmt: skip
    check_rows(case, path, report, list(new), held(batch.pk))
    check_layout(case, report, batch)
    again = run(case, path)
    assert (again["accepted"], again["quarantined"], again["labels"]) == (0, 0, 0)
    assert again["duplicate"] + again["already_quarantined"] == again["received"] == report["received"]


def check_rows(
    case: Case, path: Path, report: dict[str, Any], rows: list[Transaction], quarantined: Counter[str]
) -> None:
    if case.layout:
        expected, moved = case.layout.read(path.read_bytes())
        assert quarantined == expected
        assert sums() == moved
        assert len(rows) == report["received"] - expected.total()
    else:
        assert [(row.direction, row.amount, row.currency) for row in rows] == [movement(each) for each in case.moved]
        assert quarantined == Counter(case.held)
    assert report["accepted"] == len(rows)
    assert (report["duplicate"], report["quarantined"]) == (case.known, quarantined.total())
    assert report["received"] == report["accepted"] + report["duplicate"] + report["quarantined"]
    if case.accounts:
        assert [row.account.external_id for row in rows] == list(case.accounts)
    for name, value in case.first.items():
        assert shown(rows[0], name) == value, name


def shown(row: Transaction, name: str) -> Any:
    value = getattr(row, name)
    if name == "occurred_at":
        return value.isoformat()
    return value.external_id if name in ("account", "counterparty") and value else value


def check_layout(case: Case, report: dict[str, Any], batch: Batch) -> None:
    """What is not taken is named, in the command's answer and in the record of the import."""
    layout = report["layout"]
    assert batch.layout == layout
    if case.unused is not None:
        assert layout.get("unused_columns", []) == list(case.unused)
    assert len(layout.get("lines_above", [])) == case.above
    assert len(layout.get("lines_below", [])) == case.below


def test_every_file_of_the_folder_has_its_case() -> None:
    names = {case.name for case in CASES}
    assert len(names) == NUMBER_OF_FILES
    there = {path.name for path in Path(FOLDER).iterdir()} - {"README.md"} if FOLDER else names
    assert there == names
