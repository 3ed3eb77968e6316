"""`manage.py bench lists`: every list at size, for somebody who sees five queues of twenty and 250 cases besides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import Client

from finobs.core import collector
from tests.benchmarks.deployment import QUEUES_OF_READER, Deployment
from tests.benchmarks.registry import Timings, benchmark, percentile, refresh_statistics

REPETITIONS = 40
BACKEND = "finobs.accounts.backends.RolePermissionBackend"
CURSOR = re.compile(r"[?&]cursor=([^\"&]+)")


@dataclass
class ListPage:
    """One kind of page: the addresses that are asked for in turn. `follow`: and the page after each of them."""

    name: str
    addresses: list[str]
    follow: bool = False
    seconds: list[float] = field(default_factory=list)
    queries: int = 0

    @property
    def figures(self) -> dict[str, float | int]:
        return {
            "p50_ms": round(percentile(self.seconds, 50) * 1000, 1),
            "p95_ms": round(percentile(self.seconds, 95) * 1000, 1),
            "queries": self.queries,
        }


@benchmark("lists", size=10_000, repeat=1, help="Every list page at so many cases: p50, p95 and number of queries.")
def lists(size: int) -> Timings:
    """Each page with several filters and places in turn, by Django's test client, signed in, after a warm-up."""
    started = perf_counter()
    deployment = Deployment(size)
    deployment.fill()
    refresh_statistics()
    fill_seconds = perf_counter() - started
    client = reader_client(deployment)
    pages = list_pages(deployment)
    # As in a server (finobs.wsgi).
    collector.settle()
    for page in pages:
        warm_up(client, page)
        for number in range(REPETITIONS):
            spent = get(client, page.addresses[number % len(page.addresses)])
            page.seconds.append(spent)
            yield spent
    return {"fill_seconds": fill_seconds, "pages": {page.name: page.figures for page in pages}}


def reader_client(deployment: Deployment) -> Client:
    """Of the person who sees a part of it, signed in."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(deployment.reader, backend=BACKEND)
    return client


def list_pages(deployment: Deployment) -> list[ListPage]:
    """What is asked for: each list without filters and with those that people use most."""
    queues = [queue.slug for queue in deployment.queues[:QUEUES_OF_READER]]
    work, last = [f"/cases/queues/{slug}/" for slug in queues], deployment.size
    shown = list(islice_visible(deployment, 6))
    accounts = [f"A-{deployment.account_of(number)[0]:08}" for number in shown]
    return [
        ListPage("queue", work, follow=True),
        ListPage(
            "queue_filtered",
            [f"{work[0]}?status=new&status=open&typology=large_amount&typology=structuring",
             f"{work[1]}?holder=nobody", f"{work[2]}?holder=me", f"{work[3]}?priority_min=60",
             f"{work[4]}?status=awaiting_approval", f"{work[0]}?account={accounts[0]}"],
        ),
        ListPage("queue_closed", [f"{each}?status=closed" for each in work], follow=True),
        ListPage(
            "queue_incidents",
            [*(f"{each}incidents/" for each in work), f"{work[0]}incidents/?status=escalated",
             f"{work[1]}incidents/?holder=nobody&typology=structuring", f"{work[2]}incidents/?account={accounts[2]}"],
            follow=True,
        ),
        ListPage("my_work", ["/cases/"]),
        ListPage("case", [f"/cases/C-2026-{number:06}/" for number in shown]),
        ListPage(
            "search",
            [f"/cases/search/?q={text}" for text in (
                *accounts[:3], f"C-2026-{shown[0]:06}", f"I-2026-{shown[1]:06}",
                f"T-{shown[2] + shown[2] // 4:09}", str(shown[3]), "A-nothing",
            )],
        ),
        ListPage(
            "alerts",
            ["/detection/alerts/", "/detection/alerts/?outcome=block", "/detection/alerts/?typology=structuring",
             f"/detection/alerts/?account={accounts[1]}"], follow=True,
        ),
        ListPage("inbox", ["/approvals/", "/approvals/?show=own", "/approvals/?show=all"], follow=True),
        ListPage(
            "incidents",
            ["/cases/incidents/", "/cases/incidents/?status=open", "/cases/incidents/?typology=structuring",
             f"/cases/incidents/?account={accounts[2]}"], follow=True,
        ),
        ListPage(
            "transactions",
            ["/transactions/", f"/transactions/?account={accounts[3]}", f"/transactions/?external_id=T-{last:09}",
             "/transactions/?currency=USD&direction=out"], follow=True,
        ),
        ListPage(
            "admin_cases",
            ["/admin/cases/case/", "/admin/cases/case/?status__exact=open", "/admin/cases/case/?p=3",
             "/admin/cases/case/?typology=structuring", f"/admin/cases/case/?q={accounts[4]}"],
        ),
        ListPage(
            "api_cases",
            ["/api/v1/cases", "/api/v1/cases?status=new&status=open", f"/api/v1/cases?queue={queues[1]}",
             "/api/v1/cases?typology=structuring&limit=100"], follow=True,
        ),
    ]  # fmt: skip


def islice_visible(deployment: Deployment, number: int) -> Iterator[int]:
    """The numbers of some unfinished cases in the queues of the reader."""
    for case in deployment.facts():
        if case.queue < QUEUES_OF_READER and case.status == "open":
            yield case.number
            number -= 1
            if not number:
                return


def warm_up(client: Client, page: ListPage) -> None:
    """Ask for each address twice, the second time counting queries; add the pages that follow them."""
    if page.follow:
        page.addresses += [after for address in page.addresses if (after := _next(client, address))]
    for address in page.addresses:
        get(client, address)
    page.queries = max(count_queries(client, address) for address in page.addresses)


def get(client: Client, address: str) -> float:
    """How long it takes, in seconds. Raises RuntimeError for any answer but 200."""
    started = perf_counter()
    response = client.get(address, secure=True)
    spent = perf_counter() - started
    if response.status_code != 200:
        raise RuntimeError(f"{address} was answered with {response.status_code}")
    return spent


def count_queries(client: Client, address: str) -> int:
    """The fewer of two: once a minute a request also writes down that its session is in use."""
    return min(_count(client, address) for _ in range(2))


def _count(client: Client, address: str) -> int:
    count = 0

    def counting(execute: Any, sql: str, params: Sequence[Any], many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counting):
        get(client, address)
    return count


def _next(client: Client, address: str) -> str:
    """The page after this one, with its filters; empty where there is none."""
    match = CURSOR.search(unescape(client.get(address, secure=True).content.decode()))
    return f"{address}{'&' if '?' in address else '?'}cursor={match[1]}" if match else ""
