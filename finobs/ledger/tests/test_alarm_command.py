"""An operator compares, looks and settles at the command line."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from finobs.ledger import keys, note
from finobs.ledger.choices import AlarmKind
from finobs.ledger.models import Alarm, Checkpoint, Event
from finobs.ledger.note import Statement
from finobs.ledger.services.seal import raise_alarm, seal


@pytest.fixture
def forged(sealed, tmp_path):
    file = tmp_path / "forged"
    file.write_text(note.sign(Statement(settings.LEDGER_ORIGIN, 6, bytes(32)).text(), keys.signing_keys()))
    return str(file)


def test_a_checkpoint_that_this_log_extends_is_confirmed(sealed, tmp_path, capsys):
    file = tmp_path / "mine"
    file.write_text(Checkpoint.objects.get(size=6).note)
    call_command("ledger_alarm", "compare", str(file))
    assert "extends this checkpoint" in capsys.readouterr().out


def test_a_fork_is_refused_listed_settled_and_written_down(forged, fill, capsys):
    with pytest.raises(CommandError, match="not the one that was signed"):
        call_command("ledger_alarm", "compare", forged)
    fill(1)
    assert seal().refused
    call_command("ledger_alarm", "list")
    alarm = Alarm.objects.get()
    assert f"{alarm.pk}  " in capsys.readouterr().out
    call_command("ledger_alarm", "settle", str(alarm.pk), "--reason", "A drill.")
    assert Event.objects.latest("id").action == "ledger.alarm_settle"
    assert seal().count == 2
    call_command("ledger_alarm", "list")
    assert "equivocation" not in capsys.readouterr().out


def test_what_is_no_checkpoint_or_no_alarm_is_refused(sealed, tmp_path):
    (tmp_path / "text").write_text("hello\n")
    for arguments in (["compare", str(tmp_path / "text")], ["compare", str(tmp_path / "absent")],
                      ["settle", "99", "--reason", "x"]):  # fmt: skip
        with pytest.raises(CommandError):
            call_command("ledger_alarm", *arguments)


@pytest.mark.parametrize("kind", AlarmKind)
def test_what_the_sealer_remembers_is_let_go_of_where_the_sealer_runs_and_nowhere_else(
    sealed, settings, tmp_path, kind
):
    raise_alarm(kind, "a drill")
    alarm = Alarm.objects.get()
    settings.LEDGER_KEY_FILE = str(tmp_path / "elsewhere" / "ledger.key")
    settle = ["ledger_alarm", "settle", str(alarm.pk), "--reason", "Restored from Sunday."]
    if kind in (AlarmKind.SHRUNK, AlarmKind.EQUIVOCATION):
        with pytest.raises(CommandError, match="where the sealer runs"):
            call_command(*settle)
        assert Alarm.objects.filter(settled_at=None).exists()
        settings.LEDGER_KEY_FILE = str(tmp_path / "ledger.key")
    call_command(*settle)
    assert not Alarm.objects.filter(settled_at=None).exists()


def test_keys_that_are_out_of_reach_say_where_they_are(ledger_files, settings, monkeypatch):
    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", settings.LEDGER_VKEYS_FILE)

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(CommandError, match=r"Read-only file system.*where the sealer runs"):
        call_command("ledger_key", "create")
