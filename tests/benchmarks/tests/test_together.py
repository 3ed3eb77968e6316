"""`bench all` runs every benchmark, whatever becomes of one."""

import json
import subprocess

import pytest
from django.core.management import CommandError, call_command

from tests.benchmarks import registry, together


def child(arguments):
    """As `manage.py bench NAME --json` answers: one that works, one that fails, one that says no JSON."""
    name = arguments[1]
    answers = {
        "good": (0, 'noise\n{"bench": "good", "p50_ms": 1.5}\n', "good: run 1 of 1\n"),
        "bad": (1, "", "Traceback\nRuntimeError: 3 cases were given twice\n"),
        "odd": (0, "nothing\n", ""),
    }
    code, out, err = answers[name]
    return subprocess.CompletedProcess(arguments, code, out, err)


def test_a_benchmark_that_fails_is_reported_and_the_others_still_run():
    found = list(together.reports(["bad", "odd", "good"], run=child))
    assert found[0] == {"bench": "bad", "failed": "RuntimeError: RuntimeError: 3 cases were given twice"}
    assert found[1]["failed"].startswith("JSONDecodeError")
    assert found[2] == {"bench": "good", "p50_ms": 1.5}


def test_a_benchmark_that_never_ends_is_reported_too():
    def hang(arguments):
        raise subprocess.TimeoutExpired("manage.py", 1)

    assert "TimeoutExpired" in next(together.reports(["slow"], run=hang))["failed"]


def test_options_are_handed_to_each():
    asked = []

    def note(arguments):
        asked.append(arguments)
        return child(["bench", "good"])

    list(together.reports(["one", "two"], ["--repeat", "1"], run=note))
    assert asked == [["bench", name, "--json", "--repeat", "1"] for name in ("one", "two")]


@pytest.mark.parametrize(("names", "fails"), [(["bad", "good"], True), (["good"], False)])
def test_all_prints_one_json_object_and_fails_when_one_has_failed(names, fails, monkeypatch, capsys):
    monkeypatch.setattr(registry, "registered", lambda: dict.fromkeys(names))
    answers = list(together.reports(names, run=child))
    monkeypatch.setattr(together, "reports", lambda *_: iter(answers))
    if fails:
        with pytest.raises(CommandError, match="1 of 2 failed: bad"):
            call_command("bench", "all", "--json")
    else:
        call_command("bench", "all", "--json")
    assert json.loads(capsys.readouterr().out) == {"benchmarks": answers}


def test_a_child_is_this_manage_py():
    """With the whole command line, for a name that there is not: nothing is measured."""
    done = together.run_child(["bench", "no-such-benchmark"])
    assert done.returncode == 1
    assert "take_next" in done.stderr
