"""What a command refuses it refuses before it has made anything: no row of any table changes, and the words say why."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command, get_commands, load_command_class

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from transactions.management.file_command import FileCommand
from transactions.models import Source

pytestmark = pytest.mark.django_db
HEADER = "external_id,account,occurred_at,amount,currency,is_suspicious\n"
NOWHERE_FOR_ALERTS = json.dumps(
    {
        "external_id": "nowhere", "system": {"value": "Vigil"}, "scenario": {"value": "Velocity"}, "account": "account",
        "typology": {"value": "structuring"}, "occurred_at": "occurred_at",
    }
)  # fmt: skip
NOWHERE = json.dumps({"external_id": "nowhere", "kind": {"value": "person"}, "name": "account"})
GOOD = "T-1,A-1,2026-03-02T12:00:00Z,12.50,USD,1\n"
OWN = {name: app for name, app in get_commands().items() if str(app).split(".")[0] in
       ("finobs", "transactions", "detection", "cases", "approvals", "exports", "agents")}  # fmt: skip
FILE_COMMANDS = sorted(name for name, app in OWN.items() if isinstance(load_command_class(str(app), name), FileCommand))


# Of a source, by a mapping: rates of exchange have neither.
SOURCE_COMMANDS = [name for name in FILE_COMMANDS if name != "import_exchange_rates"]


def rows() -> dict[str, int]:
    """How many there are of everything."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def refusal(name: str, *arguments: Any) -> str:
    before = rows()
    with pytest.raises(CommandError) as error:
        call_command(name, *map(str, arguments), stdout=StringIO(), stderr=StringIO())
    assert rows() == before
    assert "Traceback" not in str(error.value)
    return str(error.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(HEADER + GOOD)
    return path


def test_there_are_commands_of_files() -> None:
    assert FILE_COMMANDS == [
        "import_alerts", "import_exchange_rates", "import_labels", "import_records", "import_transactions",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(OWN))
def test_an_option_that_there_is_not_is_refused(name: str) -> None:
    assert "--no-such-option" in refusal(name, "--no-such-option", "1") or "required" in refusal(
        name, "--no-such-option"
    )


@pytest.mark.parametrize("exists", [True, False], ids=["source", "no source"])
@pytest.mark.parametrize("name", SOURCE_COMMANDS)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mapping", '{"external_id": "id", "colour": "c"}'], "external_id: |mapping.|no column"),
        (["--mapping", '{"external_id": {"column": "external_id", "colour": 1}}'], "colour"),
        (["--mapping", "{"], "not valid JSON"),
        (["--mapping", "nonsense"], "neither a mapping"),
        (["--mapping", json.dumps({"external_id": "nowhere", "is_suspicious": "is_suspicious", "account": "account",
                                   "occurred_at": "occurred_at", "amount": "amount", "direction": {"value": "out"}})], "no column nowhere"),
        (["--delimiter", "::"], "one character"),
        (["--encoding", "no-such-encoding"], "no encoding"),
        (["--batch-size", "0"], "batch-size"),
        (["--actor", "nobody@example.test"], "nobody"),
    ],
    ids=str,
)  # fmt: skip
def test_a_refused_import_leaves_nothing_behind(
    file: Path, bank: Source, name: str, exists: bool, options: list[str], said: str
) -> None:
    if name == "import_alerts":
        options = [NOWHERE_FOR_ALERTS if "nowhere" in each else each for each in options]
    if name == "import_records":
        options = [NOWHERE if "nowhere" in each else each for each in options] + ["--kind", "customer"]
    if not exists and name != "import_transactions":
        text = refusal(name, file, "--source", "other", "--no-progress", *options)
        assert any(each in text for each in (*said.split("|"), "no source other"))
        return
    made = ["--source", "bank"] if exists else ["--source", "other", "--create-source"]
    text = refusal(name, file, *made, "--no-progress", *options)
    assert any(each in text for each in said.split("|"))
    assert not Source.objects.filter(slug="other").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "no column base, quote, rate, date, source"),
        (["--published-by", "ECB"], "no column base, quote, rate, date."),
        (["--delimiter", "::"], "one character"),
        (["--encoding", "no-such-encoding"], "no encoding"),
        (["--batch-size", "0"], "batch-size"),
        (["--actor", "nobody@example.test"], "nobody"),
    ],
)  # fmt: skip
def test_a_refused_file_of_rates_leaves_nothing_behind(file: Path, options: list[str], words: str) -> None:
    assert words in refusal("import_exchange_rates", file, "--no-progress", *options)


def test_every_field_of_a_mapping_that_is_wrong_has_a_line_of_its_own(file: Path) -> None:
    text = refusal(
        "import_transactions", file, "--source", "new", "--create-source", "--mapping", '{"colour": "c", "memo": 7}'
    )
    for line in ("mapping.colour: ", "mapping.memo: ", "mapping.external_id: ", "mapping.amount: "):
        assert f"\n  {line}" in text


def test_who_may_not_import_makes_no_source_either(file: Path, analyst: User) -> None:
    text = refusal("import_transactions", file, "--source", "new", "--create-source", "--actor", analyst.email)
    assert "not" in text


def test_a_source_that_is_not_active_takes_nothing(file: Path, bank: Source) -> None:
    Source.objects.update(is_active=False)
    system_actor("import")
    assert "not active" in refusal("import_transactions", file, "--source", "bank")


def test_a_source_whose_settings_make_no_sense_is_not_made(file: Path) -> None:
    system_actor("import")  # found out when the source is to be made, by whoever makes it
    text = refusal("import_transactions", file, "--source", "new", "--create-source", "--currency", "XYZ")
    assert "default_currency: XYZ is no ISO 4217 currency code." in text
    assert "\n  slug: " in refusal("import_transactions", file, "--source", "no slug!", "--create-source")


def test_an_option_without_effect_is_refused(file: Path, bank: Source, tmp_path: Path) -> None:
    assert "--currency is for a source that is made" in refusal(
        "import_transactions", file, "--source", "bank", "--currency", "EUR"
    )
    parquet = tmp_path / "rows.parquet"
    parquet.write_bytes(b"PAR1")
    for option in (["--delimiter", ";"], ["--encoding", "utf-8"], ["--no-header"]):
        assert "Parquet file has no" in refusal("import_transactions", parquet, "--source", "bank", *option)
