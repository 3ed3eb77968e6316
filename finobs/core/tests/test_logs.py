"""Log lines: whose, without what rows hold, and one for an outage."""

from __future__ import annotations

import io
import logging
import logging.config
from collections.abc import Iterator
from types import SimpleNamespace

import kombu.exceptions
import psycopg
import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from finobs.accounts.models import User
from finobs.core import context
from finobs.core.backoff import MAX_PAUSE, Backoff
from finobs.core.logs import lines, outages
from finobs.core.logs.exceptions import safe_text, safe_traceback
from finobs.urls import urlpatterns as served
from tests import factories

SECRET = "ana.secret-4111111111111111@example.com"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the handler of every mode would write."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(outages.OutageFilter())
    handler.addFilter(lines.RequestIdFilter())
    options = settings.LOGGING["formatters"]["line"]
    handler.setFormatter(lines.LineFormatter(options["format"], style=options["style"]))
    outages._outages.clear()
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    outages._outages.clear()


def break_by_row(request):
    """What a view does that writes a second row of a unique value, with no service around it."""
    factories.user("Ana", email=SECRET)
    User.objects.bulk_create([User(email=SECRET, name=SECRET)])
    return HttpResponse()


def break_by_value(request):
    return HttpResponse(int(SECRET))


def break_by_key(request):
    return HttpResponse(dict[str, str]()[SECRET])


def break_by_chain(request):
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise RuntimeError(f"no {SECRET}") from error


def lose_database(request):
    raise OperationalError("connection is bad") from psycopg.OperationalError("connection refused")


def ended_by():
    raise NotImplementedError


def end(request):
    ended_by()


urlpatterns = [
    path("broken/by_row/", break_by_row),
    path("broken/by_value/", break_by_value),
    path("broken/by_key/", break_by_key),
    path("broken/by_chain/", break_by_chain),
    path("lost/", lose_database),
    path("ended/", end),
    path("api/v1/broken/", break_by_value),
    *served,
]
handler400, handler403 = "finobs.core.http.bad_request", "finobs.core.http.forbidden"
handler404, handler500 = "finobs.core.http.not_found", "finobs.core.http.server_error"
BROKEN = [str(each.pattern) for each in urlpatterns[:4]]


@pytest.fixture
def browser(settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("address", [*BROKEN, "api/v1/broken/"])
def test_the_id_of_a_500_is_on_its_page_and_in_the_log_and_no_value_is(browser, log, address):
    answer = browser.post(f"/{address}", {"field": SECRET})
    assert answer.status_code == 500
    written = log.getvalue()
    identifier = answer["X-Request-ID"]
    assert identifier in answer.content.decode()
    assert f" ERROR {identifier} django.request: Internal Server Error: /{address}" in written
    assert "Traceback (most recent call last)" in written
    assert "break_by_" in written
    assert SECRET not in written
    assert "4111" not in written


@pytest.mark.django_db
def test_the_refusal_of_a_row_names_its_constraint(log, browser):
    browser.get(f"/{BROKEN[0]}")
    written = log.getvalue()
    assert "IntegrityError" in written
    assert "accounts_user" in written


STATEMENTS = {
    "a value of a unique column": (
        "INSERT INTO faulty (id, text, number) VALUES (1, %s, 1), (1, %s, 1)", (SECRET, SECRET), IntegrityError,
    ),
    "a row that a check refuses": ("INSERT INTO faulty (id, text, number) VALUES (2, %s, -1)", (SECRET,), IntegrityError),
    "a value that must be there": ("INSERT INTO faulty (id, text, number) VALUES (3, %s, NULL)", (SECRET,), IntegrityError),
    "a text that is no number": ("SELECT CAST(%s AS integer) + CAST(text AS integer) FROM faulty", (SECRET,), DataError),
    "a text that is too long": ("INSERT INTO faulty (id, short, number) VALUES (4, %s, 1)", (SECRET,), DataError),
    "a text that is no date": ("SELECT CAST(%s AS date)", (SECRET,), DataError),
    "a number out of range": ("SELECT CAST(CAST(%s AS numeric) AS integer)", ("4111111111111111",), DataError),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.skipif("sqlite" in str(settings.DATABASES["default"]["ENGINE"]), reason="needs PostgreSQL: it quotes rows")
@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_postgresql_says_of_a_row_is_not_written_down(log, statement):
    sql, values, kind = STATEMENTS[statement]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE faulty (id int, text text UNIQUE, short varchar(3), "
            "number int NOT NULL CHECK (number > 0)) ON COMMIT DROP"
        )
        with pytest.raises(kind) as caught, transaction.atomic():
            cursor.execute(sql, values)
    error = caught.value
    logging.getLogger("finobs.test").error("It failed: %s", error, exc_info=error)
    written = log.getvalue()
    assert "4111" in str(error) or "out of range" in str(error) or "too long" in str(error)
    assert "4111" not in written
    assert "SQLSTATE" in written


@pytest.mark.parametrize(
    "error",
    [
        ValueError(SECRET), KeyError(SECRET), LookupError(SECRET), ArithmeticError(SECRET), RuntimeError(SECRET),
        AssertionError(SECRET), Exception(SECRET), UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, "no"),
        ExceptionGroup(SECRET, [ValueError(SECRET)]),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_an_exception_of_any_kind_is_named_and_not_quoted(error):
    assert SECRET not in safe_text(error)
    assert SECRET not in safe_traceback(error)
    assert type(error).__name__ in safe_traceback(error)


def test_an_exception_about_code_is_quoted():
    assert safe_text(AttributeError("'NoneType' object has no attribute 'pk'")).endswith("attribute 'pk'")


def test_a_line_cannot_be_made_two(log):
    logging.getLogger("finobs.test").error("Not there: %s", "/x\n2026-01-01 00:00:00,000 ERROR - finobs: forged")
    assert len(log.getvalue().splitlines()) == 1


def test_every_line_has_an_id(log):
    logger = logging.getLogger("finobs.test")
    logger.error("outside")
    with context.request("req-12345678"):
        logger.error("inside")
    outside, inside = log.getvalue().splitlines()
    assert " ERROR - finobs.test: outside" in outside
    assert " ERROR req-12345678 finobs.test: inside" in inside


def test_what_celery_says_of_a_failed_task_quotes_nothing(log):
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        known = {"id": "1", "name": "task", "exc": repr(error), "traceback": SECRET, "args": SECRET, "kwargs": SECRET}
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s[%(id)s] raised unexpected: %(exc)s", known | {"description": "failed"}, exc_info=True
        )
    assert "Task task[1] raised unexpected: ValueError" in log.getvalue()
    assert SECRET not in log.getvalue()


LOST = {
    "PostgreSQL": OperationalError("connection failed"),
    "Redis": redis.exceptions.TimeoutError("Timeout reading from socket"),
    "Redis by Celery": kombu.exceptions.OperationalError("Connection refused"),
}
LOST["PostgreSQL"].__cause__ = psycopg.OperationalError("connection failed")


@pytest.mark.parametrize("server", LOST)
def test_an_outage_is_one_line_a_minute_and_its_end_is_one(log, monkeypatch, server):
    now = [1000.0]
    monkeypatch.setattr(outages, "time", SimpleNamespace(monotonic=lambda: now[0]))
    for _ in range(720):
        now[0] += 0.1
        logging.getLogger("finobs.http").warning("unavailable", exc_info=LOST[server])
    (first, second) = log.getvalue().splitlines()
    name = server.split()[0]
    assert f"{name} is lost: " in first
    assert "600 lines about it were left out" in second
    outages.recovered(name)
    outages.recovered(name)
    assert f"{name} answers again after 72 s" in log.getvalue().splitlines()[2]
    assert len(log.getvalue().splitlines()) == 3


@pytest.mark.django_db
def test_requests_during_an_outage_are_answered_503_and_write_one_line(browser, log):
    answers = [browser.get("/lost/") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {503}
    assert all(answer["X-Request-ID"] in answer.content.decode() for answer in answers)
    assert len(log.getvalue().splitlines()) == 1, log.getvalue()
    assert "Traceback" not in log.getvalue()


LIMITS = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable, psycopg.errors.IdleInTransactionSessionTimeout)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("place", ["view", "session"])
def test_the_id_on_each_page_of_a_time_out_finds_where_it_happened(browser, log, monkeypatch, kind, place):
    def ended(*_args, **_options):
        raise OperationalError(SECRET) from kind(SECRET)

    monkeypatch.setattr(f"{__name__}.ended_by", ended)
    if place == "session":
        monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", ended)
        browser.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    answers = [browser.get("/cases/" if place == "session" else "/ended/") for _ in range(3)]
    written = log.getvalue()
    assert {answer.status_code for answer in answers} == {503}
    for answer in answers:
        identifier = answer["X-Request-ID"]
        assert identifier in answer.content.decode()
        (told,) = [part for part in written.split("\n20") if f" {identifier} finobs.http:" in part]
        assert "Traceback" in told
        assert ", in ended" in told
    assert SECRET not in written


def test_a_fault_in_the_handling_of_an_outage_is_a_fault(log):
    for _ in range(2):
        try:
            try:
                raise LOST["PostgreSQL"]
            except OperationalError:
                raise KeyError(SECRET)  # noqa: B904 (as it happens by mistake)
        except KeyError:
            logging.getLogger("finobs.test").exception("a mistake")
    written = log.getvalue()
    assert written.count("finobs.test: a mistake") == 2
    assert "PostgreSQL is lost" not in written
    assert "KeyError" in written
    assert SECRET not in written


def test_a_fault_that_ends_in_a_503_keeps_its_traceback(log):
    for _ in range(2):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logging.getLogger("django.request").error("a mistake", exc_info=True, extra={"status_code": 503})
    assert log.getvalue().count("Traceback") == 2


@pytest.mark.django_db
def test_a_session_that_cannot_be_looked_up_is_an_outage_and_no_mistake(browser, log, monkeypatch):
    def lost(*_args, **_options):
        raise OperationalError("gone") from psycopg.OperationalError("gone")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", lost)
    browser.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    answer = browser.get("/cases/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"


@pytest.mark.django_db
def test_an_error_whose_page_cannot_be_made_still_shows_its_id(browser, log, monkeypatch):
    def broken(*_args, **_options):
        raise ValueError("no manifest")

    monkeypatch.setattr("finobs.core.http.render", broken)
    answer = browser.get(f"/{BROKEN[1]}")
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()
    assert answer["X-Request-ID"] in log.getvalue()


@pytest.mark.parametrize("kind", DatabaseError.__subclasses__())
def test_only_a_lost_connection_is_an_outage(kind):
    assert outages.lost_server(kind("no such column: x")) == ""


def test_pauses_grow_and_no_two_processes_keep_step():
    backoff = Backoff(1)
    pauses = [backoff.failed() for _ in range(10)]
    assert all(2**n / 2 <= pause <= 2**n for n, pause in enumerate(pauses[:5]))
    assert all(MAX_PAUSE / 2 <= pause <= MAX_PAUSE for pause in pauses[5:])
    backoff.succeeded()
    assert backoff.failed() <= 1
    assert len({Backoff(1).failed() for _ in range(20)}) == 20


@pytest.mark.parametrize("first", [0.001, 1.0, 60.0])
def test_pauses_stay_at_their_limit_however_long_it_lasts(first):
    backoff = Backoff(first)
    backoff.failures = 5_000
    assert MAX_PAUSE / 2 <= backoff.failed() <= MAX_PAUSE


@pytest.mark.parametrize("exc_info", [True, (None, None, None)])
def test_a_record_that_asks_for_a_traceback_where_nothing_failed_is_its_line(log, exc_info):
    logging.getLogger("finobs.test").error("no exception", exc_info=exc_info)
    assert log.getvalue().endswith("finobs.test: no exception\n")
    assert len(log.getvalue().splitlines()) == 1


@pytest.mark.django_db
def test_what_anybody_can_send_is_one_line(browser, log):
    assert browser.get("/livez", headers={"Host": "evil.example"}).status_code in (200, 400)
    assert browser.get("/accounts/sign-in/", headers={"Host": "evil.example"}).status_code == 400
    assert len(log.getvalue().splitlines()) <= 2
    assert "Traceback" not in log.getvalue()
