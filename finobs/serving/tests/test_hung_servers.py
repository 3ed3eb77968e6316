"""PostgreSQL or Redis accepts and never answers: every wait ends, and what needs neither goes on."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from finobs.accounts.services import token_create
from finobs.settings import process_limits
from tests import factories
from tests.benchmarks import server as production
from tests.support.frozen import Relay, relay

from .test_slow_callers import HEAD, SIGN_IN, answer_to

needs_postgresql = pytest.mark.skipif(
    "sqlite" in str(connection.settings_dict["ENGINE"]), reason="needs PostgreSQL: SQLite is no server"
)
pytestmark = [needs_postgresql, pytest.mark.django_db(transaction=True)]
STATEMENT_SECONDS = 2
ENDS_WITHIN = STATEMENT_SECONDS + process_limits.ANSWER_MARGIN_SECONDS + process_limits.CONNECT_SECONDS + 2


@pytest.fixture
def hung_redis() -> Iterator[str]:
    with relay() as silent:
        yield f"redis://127.0.0.1:{silent.port}/0"


@pytest.fixture
def database() -> Iterator[Relay]:
    chosen = connection.settings_dict
    with relay((chosen["HOST"] or "127.0.0.1", int(chosen["PORT"] or 5432))) as between:
        yield between


def url_through(between: Relay) -> str:
    chosen = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": between.port}
    return production.database_url("postgresql", chosen)


def batch(number: int) -> str:
    """Twenty rows of one account, each batch a day before the one sent before it: late, so that a worker is called."""
    rows = [
        {
            "external_id": f"T-{number}-{row}", "account": "A-1", "counterparty": "M-1", "amount": "12.50",
            "currency": "USD", "occurred_at": f"2026-03-{28 - number:02}T12:00:{row:02}Z",
        }
        for row in range(20)
    ]  # fmt: skip
    return json.dumps({"source": "bank", "transactions": rows})


def posted(body: str, token: str, path: str = "/api/v1/transactions") -> str:
    return (
        f"POST {path} HTTP/1.1\r\n{HEAD}Authorization: Bearer {token}\r\n"
        f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


def test_a_redis_that_hangs_stops_no_request(hung_redis, service):
    """A training calls a worker: the call may wait for Redis, and nobody for the call."""
    factories.source("bank")
    scopes = {"transaction:create", "transaction:read", "model:retrain", "model:read"}
    token = token_create(actor=service, user=service, name="feed", scopes=scopes, lifetime=timedelta(days=1))[1]
    with production.process("web", with_pages=True, REDIS_URL=hung_redis) as web:
        for number in range(12):
            started = time.monotonic()
            answer = answer_to(web.port, posted(batch(number), token))
            assert answer.startswith("HTTP/1.1 20"), answer
            assert time.monotonic() - started < 3
        for role in ("anomaly", "supervised"):
            started = time.monotonic()
            answer = answer_to(web.port, posted(json.dumps({"role": role}), token, "/api/v1/training-runs"))
            assert answer.startswith("HTTP/1.1 202"), answer
            assert time.monotonic() - started < 3
        assert answer_to(web.port, f"GET /livez HTTP/1.1\r\n{HEAD}\r\n").startswith("HTTP/1.1 200")
        assert answer_to(web.port, f"GET {SIGN_IN} HTTP/1.1\r\n{HEAD}\r\n").startswith("HTTP/1.1 200")
        time.sleep(process_limits.REDIS_ANSWER_SECONDS + 2)
        lines = web.said().splitlines()
    # Of each of two processes: the calls must have been tried.
    assert 1 <= len(lines) <= 2, lines
    assert all("Redis is lost" in line for line in lines), lines


def test_a_database_that_hangs_ends_each_request_and_leaves_liveness_alone(database):
    ask = f"GET /cases/ HTTP/1.1\r\n{HEAD}Cookie: __Host-finobs=abcdefghijklmnopqrstuvwxyz123456\r\n\r\n"
    environment = {"DATABASE_URL": url_through(database), "DATABASE_STATEMENT_SECONDS": str(STATEMENT_SECONDS)}
    with production.process("web", with_pages=True, **environment) as web, ThreadPoolExecutor(16) as callers:
        assert answer_to(web.port, ask).startswith("HTTP/1.1 302")
        database.frozen = True
        started = time.monotonic()
        waiting = [callers.submit(answer_to, web.port, ask, seconds=60) for _ in range(16)]
        time.sleep(0.5)
        asked = time.monotonic()
        assert answer_to(web.port, f"GET /livez HTTP/1.1\r\n{HEAD}\r\n").startswith("HTTP/1.1 200")
        assert time.monotonic() - asked < 1
        answers = [each.result() for each in waiting]
        assert {answer[:12] for answer in answers} == {"HTTP/1.1 503"}, answers
        assert all("retry-after: 2" in answer for answer in answers)
        # Eight threads, sixteen callers: those who came second have a connection to make.
        assert time.monotonic() - started < 2 * ENDS_WITHIN
        database.frozen = False
        assert answer_to(web.port, ask).startswith("HTTP/1.1 302")
        # Now it is gone: each is told so at once, and the log is not told of each.
        database.close()
        waiting = [callers.submit(answer_to, web.port, ask, seconds=60) for _ in range(300)]
        assert {each.result()[:12] for each in waiting} == {"HTTP/1.1 503"}
        lines = web.said().splitlines()
    lost = [line for line in lines if "PostgreSQL is lost" in line]
    back = [line for line in lines if "PostgreSQL answers again" in line]
    # Of each of two processes, twice.
    assert 2 <= len(lost) <= 4, lines
    # It is back when a connection is made; a thread that kept its own has none to make.
    assert len(back) <= 2, lines
    assert len(lines) <= 8, lines


def test_a_lock_that_somebody_holds_is_a_503_in_words_and_the_database_knows_who_waits():
    cookie = "Cookie: __Host-finobs=abcdefghijklmnopqrstuvwxyz123456\r\n"
    with production.process("web", with_pages=True, DATABASE_LOCK_SECONDS="1") as web, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
        for path in ("/cases/", "/api/v1/cases", "/admin/", "/ledger/"):
            answer = answer_to(web.port, f"GET {path} HTTP/1.1\r\n{HEAD}{cookie}\r\n", seconds=15)
            assert answer.startswith("HTTP/1.1 503"), answer
            assert "Somebody else is changing the same just now" in answer
        cursor.execute("ROLLBACK")
        cursor.execute("SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()")
        assert {row[0] for row in cursor.fetchall()} >= {"finobs-web", "finobs-command"}
        # Each with its place, under the id that its page shows; nothing of what was sent.
        assert web.said().count("canceling statement due to lock timeout") >= 4
        assert "abcdefghijklmnop" not in web.said()
