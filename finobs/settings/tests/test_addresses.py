"""Addresses with passwords in them: read in one way by everybody who is given one, or refused."""

from __future__ import annotations

import string
from pathlib import Path

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu.utils.url import url_to_parts
from redis.connection import parse_url

from finobs.settings import env

READERS = {"DATABASE_URL": env.database_address, "REDIS_URL": env.redis_address}
ADDRESSES = {
    "DATABASE_URL": "postgres://finobs:{}@db.example:5432/finobs",
    "REDIS_URL": "redis://:{}@cache.example:6379/2",
}
MARKS = '@:/?#[]% "<>\\^`{|}+'


def read(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    return READERS[name](name)


def where_it_goes(name, value):
    """Host, password and database, as each library that is given this address understands it."""
    if name == "DATABASE_URL":
        config = environ.Env.db_url_config(value)
        return {(config["HOST"], config["PASSWORD"], config["NAME"])}
    redis, kombu = parse_url(value), url_to_parts(value)
    return {(redis["host"], redis["password"], str(redis["db"])), (kombu.hostname, kombu.password, kombu.path)}


def right(name, password):
    return {("db.example", password, "finobs") if name == "DATABASE_URL" else ("cache.example", password, "2")}


def test_every_address_that_settings_read_is_among_these():
    text = Path(env.__file__).read_text()
    assert {line.split('("')[1].split('"')[0] for line in text.splitlines() if '_address("' in line} == set(READERS)


@pytest.mark.parametrize("sign", string.printable)
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_sign_of_a_password_reaches_every_library_or_the_address_is_refused(monkeypatch, name, sign):
    password = f"pa{sign}ss"
    value = ADDRESSES[name].format(password)
    if sign in MARKS.replace("+", "") + string.whitespace:
        with pytest.raises(ImproperlyConfigured, match="percent-encoded") as refusal:
            read(monkeypatch, name, value)
        assert "ss" not in str(refusal.value).replace("password", "")
    else:
        read(monkeypatch, name, value)
        assert where_it_goes(name, value) == right(name, password)


@pytest.mark.parametrize("sign", MARKS)
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_sign_that_is_percent_encoded_is_the_sign(monkeypatch, name, sign):
    value = ADDRESSES[name].format(f"pa%{ord(sign):02X}ss")
    assert read(monkeypatch, name, value) == value
    assert where_it_goes(name, value) == right(name, f"pa{sign}ss")


@pytest.mark.parametrize(
    "password", ["p@ss", "p#ss", "p/ss", "p?ss", "p:ss", "p%ss", "12/x", "12#x", "12?x", "p%4", "a@b/c"]
)
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_password_that_would_lead_elsewhere_stops_the_process(monkeypatch, name, password):
    with pytest.raises(ImproperlyConfigured, match=f"^{name} .*percent-encoded"):
        read(monkeypatch, name, ADDRESSES[name].format(password))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REDIS_URL", "redis://cache:6379/zero", "number of a Redis database"),
        ("REDIS_URL", "http://cache:6379/0", "must begin with redis:// or rediss://"),
        ("REDIS_URL", "redis://cache:70000/0", "port"),
        ("DATABASE_URL", "mysql://db/finobs", "must begin with postgres://"),
        ("DATABASE_URL", "postgres://finobs@db:5432", "names no database"),
        ("DATABASE_URL", "postgres://finobs@db:0/finobs", "port"),
        ("DATABASE_URL", "postgres://finobs@db/fin+obs", "percent-encoded"),
        ("DATABASE_URL", "sqlite:////tmp/a#b.sqlite3", "percent-encoded"),
        ("DATABASE_URL", "finobs", "percent-encoded"),
    ],
)
def test_an_address_that_names_nothing_is_refused_in_words(monkeypatch, name, value, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        read(monkeypatch, name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis://127.0.0.1:6379"), ("REDIS_URL", "rediss://user:word@[::1]:6380/15"),
        ("DATABASE_URL", "postgres:///finobs"), ("DATABASE_URL", "postgresql://u@h/n?sslmode=verify-full&sslrootcert=%2Fca.pem"),
        ("DATABASE_URL", "sqlite:////tmp/finobs.sqlite3"), ("DATABASE_URL", ""),
    ],
)  # fmt: skip
def test_an_address_that_is_plain_is_taken_as_it_is(monkeypatch, name, value):
    assert read(monkeypatch, name, value) == value


def test_a_folder_of_any_name_holds_the_database_of_the_embedded_mode():
    path = Path("/tmp/50% of #1 + ?/finobs.sqlite3")
    assert environ.Env.db_url_config(env.sqlite_file(path))["NAME"] == str(path)


def test_a_variable_that_is_empty_is_as_if_it_were_not_set(monkeypatch):
    monkeypatch.setenv("TIME_ZONE", "")
    monkeypatch.setenv("SESSION_IDLE_SECONDS", "")
    assert env.text("TIME_ZONE", "UTC") == "UTC"
    assert env.whole("SESSION_IDLE_SECONDS", 900) == 900


def test_a_secret_that_begins_with_a_dollar_is_itself_and_no_name_of_another_variable(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "$HOME/of/a/secret")
    assert env.text("SECRET_KEY", "") == "$HOME/of/a/secret"


def test_hosts_are_separated_by_commas_with_or_without_spaces(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example")
    assert env.names("ALLOWED_HOSTS", []) == ["a.example", "b.example"]
