"""`manage.py bench take_next`, and with `--kind incident`: fifty people take the next case (or incident) of one queue at
once; none may be given twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import perf_counter
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import Group
from django.db import OperationalError, connection

from cases.choices import CaseStatus, ItemKind
from cases.models import Case, Incident, Queue, WorkLease
from cases.services import item_take_next, queue_create
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.accounts.services import token_create, user_create
from finobs.accounts.system import system_actor
from finobs.core import access, clock, context, process
from finobs.core.db.bulk import insert_instances
from finobs.ledger.models import Event
from tests.benchmarks import server
from tests.benchmarks.registry import Timings, benchmark, percentile
from transactions.models import Account
from transactions.services import source_create

PEOPLE = 50
ALONE = 200
EACH = 20
# A person who took a case every other second would read none; fifty of them ask twenty-five times a second.
PAUSE = 2.0
PACED_EACH = 6
OTHER_QUEUES = 19
MODELS: Final[Mapping[str, type[Case | Incident]]] = {ItemKind.CASE: Case, ItemKind.INCIDENT: Incident}
ADDRESSES: Final[Mapping[str, str]] = {ItemKind.CASE: "take-next", ItemKind.INCIDENT: "take-next-incident"}


TIMED_OUT = -1


class Take(NamedTuple):
    """One call: how long it took, what this thread computed meanwhile (both seconds), and the key of the item that was
    given.

    It is TIMED_OUT where the database let nobody in for too long: SQLite has one writer, whom all others wait for.
    """

    seconds: float
    computed: float
    item: int


class Scene(NamedTuple):
    """Who takes what kind of item from where."""

    kind: str
    queue: Queue
    people: list[User]


@benchmark("take_next", size=10_000, repeat=1, help="50 threads, then 50 clients over HTTP, take next from one queue.")
def take_next(size: int) -> Timings:
    return (yield from _measured(size, ItemKind.CASE))


@benchmark("take_next_incident", size=10_000, repeat=1, help="The same of incidents (bench take_next --kind incident).")
def take_next_incident(size: int) -> Timings:
    return (yield from _measured(size, ItemKind.INCIDENT))


def _measured(size: int, kind: str) -> Timings:
    """`size` items wait in the queue. p50, p95, p99 and the rate are of 50 threads that take as fast as they can.

    With so many threads in one process a call mostly waits for its turn to compute. So beside it: `alone_*`, one thread
    (what a call costs); `computed_p50_ms` (what of it is Python); `paced_*`, 50 threads of which each pauses for about
    two seconds after a take; `http_*`, 50 clients at the production server. Raises RuntimeError if any item was given
    twice, or one is not held, opened and recorded as it must be.
    """
    # As in a web process: what an operator's command does is recorded with more statements.
    process.serve()
    scene = _scene(size, kind)
    takes = _together(scene._replace(people=scene.people[:1]), ALONE)
    alone = takes[:]
    flat_out, spent = _timed(scene, EACH)
    paced = _together(scene, PACED_EACH, pause=PAUSE)
    takes += flat_out + paced
    taken = _check(takes, kind)
    yield from (take.seconds for take in flat_out)
    shown = _figures("alone", alone) | _figures("paced", paced)
    shown |= _over_http(scene, taken)
    return shown | {
        "kind": str(kind),
        "per_second": len(flat_out) / spent,
        "computed_p50_ms": percentile([take.computed for take in flat_out], 50) * 1000,
        "threads": PEOPLE,
        "taken": taken + shown["http_taken"],
        "timed_out": len(takes) - taken,
    }


def _figures(name: str, takes: Sequence[Take]) -> dict[str, Any]:
    return {f"{name}_p{part}_ms": percentile([take.seconds for take in takes], part) * 1000 for part in (50, 95, 99)}


def _timed(scene: Scene, each: int) -> tuple[list[Take], float]:
    begun = perf_counter()
    return _together(scene, each), perf_counter() - begun


def _together(scene: Scene, each: int, *, pause: float = 0.0) -> list[Take]:
    """Each of the people takes `each` items in a thread of their own; all begin in the same moment."""
    people = scene.people
    gate = threading.Barrier(len(people))

    def work(number: int) -> list[Take]:
        try:
            connection.ensure_connection()
            gate.wait(60)
            # Not all in the same moment, and not in step afterwards.
            time.sleep(pause * number / len(people))
            return [_take(people[number], scene, pause) for _ in range(each)]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as threads:
        return [take for some in threads.map(work, range(len(people))) for take in some]


def _take(person: User, scene: Scene, pause: float) -> Take:
    begun, computed = perf_counter(), time.thread_time()
    with context.request():
        try:
            item = item_take_next(actor=person, queue=scene.queue, kind=scene.kind)
            pk = item.pk if item is not None else 0
        except OperationalError:
            pk = TIMED_OUT
    take = Take(perf_counter() - begun, time.thread_time() - computed, pk)
    time.sleep(pause)
    return take


def _over_http(scene: Scene, before: int) -> dict[str, Any]:
    """Fifty clients with a token each; as many items must be held as were answered."""
    tokens = [_token(person) for person in scene.people]
    run = {
        "name": "http", "clients": PEOPLE, "seconds": 60.0, "method": "POST",
        "path": f"/api/v1/queues/{scene.queue.slug}/{ADDRESSES[scene.kind]}", "bodies": [""] * (PEOPLE * EACH),
        "headers": {"X-Forwarded-Proto": "https"},
        "headers_in_turn": [{"Authorization": f"Bearer {token}"} for token in tokens],
    }  # fmt: skip
    with server.server() as port:
        answers = server.load(port, [run])["http"]
    number = answers["statuses"].get("200", 0)
    if not number or _held() != before + number:
        raise RuntimeError(f"{answers['statuses']} over HTTP, but {_held()} are held after {before}")
    refused = len(answers["latencies"]) - number
    return server.figures("http", answers) | {"http_taken": number, "http_refused": refused}


def _token(person: User) -> str:
    scopes = ["compliance:read", "compliance:resolve"]
    return token_create(actor=person, user=person, name="bench", scopes=scopes, lifetime=timedelta(days=1))[1]


def _check(takes: Sequence[Take], kind: str = ItemKind.CASE) -> int:
    """How many were taken: none twice, and each is held, open and recorded once. Raises RuntimeError."""
    given = Counter(take.item for take in takes if take.item != TIMED_OUT)
    taken = given.total()
    twice = [item for item, times in given.items() if times > 1]
    if twice or 0 in given:
        raise RuntimeError(f"{len(twice)} {kind}s were given twice, and {given.get(0, 0)} calls were given none")
    opened = MODELS[kind]._default_manager.filter(status=CaseStatus.OPEN, assignee__isnull=False).count()
    recorded = Event.objects.filter(action=f"{kind}.take").count()
    if (_held(), opened, recorded) != (taken,) * 3:
        raise RuntimeError(f"{taken} taken, {_held()} held, {opened} opened, {recorded} recorded")
    return taken


def _held() -> int:
    return WorkLease.objects.filter(expires_at__gt=clock.now()).count()


def _scene(size: int, kind: str) -> Scene:
    """People who may work the queue, half of them by their group, among other queues that they may see."""
    actor = system_actor("bench")
    queue = queue_create(actor=actor, slug="busy", name="Busy")
    others = [queue_create(actor=actor, slug=f"other-{n}", name=f"Other {n}") for n in range(OTHER_QUEUES)]
    team = Group.objects.create(name="team")
    access.grant(team, "work", queue)
    people = []
    for number in range(PEOPLE):
        name = f"Person {number}"
        person = user_create(actor=actor, email=f"a{number}@bench.example", name=name, roles=["compliance"])
        if number % 2:
            person.groups.add(team)
        else:
            access.grant(person, "work", queue)
        for other in others[number % 4 :: 4]:
            access.grant(person, "view", other)
        people.append(person)
    _fill(actor, queue, size, kind)
    return Scene(kind, queue, people)


def _fill(actor: User, queue: Queue, size: int, kind: str) -> None:
    source = source_create(actor=actor, slug="cards", default_currency="USD")
    accounts = insert_instances([Account(source=source, external_id=f"A-{number}") for number in range(size)])
    items = [
        MODELS[kind](
            reference=f"{kind[0].upper()}-2026-{number:06d}", account=account, queue=queue,
            typology=Typology.LARGE_AMOUNT, priority=number * 7919 % 101,
        )
        for number, account in enumerate(accounts)
    ]  # fmt: skip
    insert_instances(items)
    # As a database that has been at work for a while knows its tables.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
