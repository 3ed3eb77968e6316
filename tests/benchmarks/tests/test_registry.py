"""Benchmarks report honestly, and never touch the live database."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.benchmarks import registry


@pytest.fixture
def one(monkeypatch):
    registry.registered()  # modules register once in a process, as they are first imported: now, not into what is taken away
    monkeypatch.setattr(registry, "_registry", {})

    @registry.benchmark("one", size=4, repeat=1, help="Counts.")
    def run(size):
        for number in range(size):
            yield (number + 1) / 1000, 10
        return {"kind": "made up"}

    return registry._registry["one"]


def test_a_benchmark_counts_items_over_the_time_in_operations(one):
    result = registry.measure(one, 4)
    assert result["per_second"] == pytest.approx(40 / 0.010)
    assert (result["p50_ms"], result["p99_ms"]) == (pytest.approx(2), pytest.approx(4))
    assert result["kind"] == "made up"


def test_a_plain_number_is_one_operation(monkeypatch):
    plain = registry.Benchmark("plain", 2, 1, "", lambda size: iter_timings(size))
    assert registry.measure(plain, 2)["per_second"] == pytest.approx(2.0)


def iter_timings(size):
    for _ in range(size):
        yield 0.5
    return None


def test_a_benchmark_that_times_nothing_fails(one):
    with pytest.raises(RuntimeError, match="timed nothing"):
        registry.measure(one, 0)


def test_a_benchmark_reports_medians(one):
    runs = [{"p50_ms": value, "note": "x"} for value in (1.0, 9.0, 2.0)]
    result = registry.report(one, 4, runs, "sqlite 3")
    assert result["p50_ms"] == 2.0
    assert {"bench", "size", "database", "repeat", "peak_rss_mb"} <= result.keys()


@pytest.mark.parametrize(("percent", "expected"), [(50, 2), (95, 4), (99, 4), (1, 1)])
def test_percentiles_are_values_that_occurred(percent, expected):
    assert registry.percentile([4, 1, 3, 2], percent) == expected


def test_the_database_is_thrown_away_and_the_live_one_comes_back(django_db_blocker):
    with django_db_blocker.unblock():
        live = connection.settings_dict["NAME"]
        before = dict(connection.settings_dict["TEST"])
        connection.close()
        try:
            with registry.throwaway_database() as database:
                assert database.startswith(connection.vendor)
                assert "finobs" in str(connection.settings_dict["NAME"])
                assert connection.settings_dict["NAME"] != live
                assert "accounts_user" in connection.introspection.table_names()
        finally:
            connection.settings_dict["TEST"].update(before)
        assert connection.settings_dict["NAME"] == live


def test_an_unknown_name_is_answered_with_the_known_ones(one):
    with pytest.raises(CommandError, match="one"):
        call_command("bench", "two")
    with pytest.raises(CommandError, match="at least 1"):
        call_command("bench", "one", size=0)


@pytest.mark.parametrize(
    ("names", "words"),
    [([], "of one benchmark"), (["all"], "of one benchmark"), (["one"], "no benchmark 'one_filled'")],
)
def test_an_option_that_would_do_nothing_is_refused(one, names, words):
    with pytest.raises(CommandError, match=words):
        call_command("bench", *names, "--fill")


@pytest.mark.parametrize("names", [[], ["all"], ["one"]])
def test_a_kind_of_a_benchmark_that_has_none_is_refused(one, names):
    with pytest.raises(CommandError, match="of one benchmark"):
        call_command("bench", *names, "--kind", "incident")


def test_cases_and_incidents_are_two_benchmarks(monkeypatch, capsys):
    from contextlib import nullcontext

    run = []

    def measure(benchmark, size):
        run.append(benchmark.name)
        return {"p50_ms": 1.0}

    monkeypatch.setattr(registry, "throwaway_database", lambda _: nullcontext("sqlite 3"))
    monkeypatch.setattr(registry, "measure", measure)
    for options in ((), ("--kind", "case"), ("--kind", "incident")):
        call_command("bench", "take_next", "--json", *options)
    assert run == ["take_next", "take_next", "take_next_incident"]


def test_a_benchmark_prints_one_json_object(one, monkeypatch, capsys):
    from contextlib import nullcontext

    monkeypatch.setattr(registry, "throwaway_database", lambda _: nullcontext("sqlite 3"))
    call_command("bench", "one", "--json", "--repeat", "2")
    result = json.loads(capsys.readouterr().out)
    assert (result["bench"], result["size"], result["repeat"]) == ("one", 4, 2)


def test_without_a_name_it_lists_them(one, capsys):
    call_command("bench")
    assert "Counts." in capsys.readouterr().out
