"""A deployment of some years as it lies in the database: cases in twenty queues, most of them closed, with all that
hangs on them, and somebody who sees a part of it. Written in bulk, each run the same; nothing of it goes through the
services."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model

from approvals import triggers
from approvals.models import ApprovalDecision, ApprovalRequest
from cases.choices import CaseStatus, Disposition, ReasonCode
from cases.models import Case, CaseAlert, CaseUserGrant, Incident, Note, Queue, WorkLease
from detection.choices import RuleKind, Typology
from detection.models import Alert, Assessment, Rule, RuleVersion
from finobs.accounts.models import OrgUnit, OrgUnitGroupGrant, User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.system import system_actor
from finobs.accounts.unit_tree import add_to_tree
from finobs.core import access, clock
from finobs.core.db.bulk import insert_rows
from finobs.ledger.models import Event
from finobs.ledger.services import NewEvent, record_many
from transactions.choices import IngestMethod
from transactions.models import Account, Batch, Counterparty, Source, Transaction, new_salt

QUEUES, QUEUES_OF_READER, DIRECT_GRANTS = 20, 5, 250
CASES_OF_A_PERSON: Final = 2_000
ROWS_AT_ONCE = 10_000
SEED = 20_260_301
YEARS = timedelta(days=730)
TYPOLOGIES: Final = [each.value for each in Typology]
DIGEST: Final = hashlib.sha256(b"bench").hexdigest()


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the tables of one case have in common. `number` is its key and its incident's, its alert's and the account's
    are worked out from it."""

    number: int
    queue: int
    status: str
    priority: int
    person: int
    opened_at: datetime


class Deployment:
    """`size` cases. Each has an incident and an alert; half as many alerts again are in no case, the newest ones. There
    are two transactions for each case, and a request for approval for every fourth. Every other account is of another
    legal entity, whose data the reader may not read."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.now = clock.now().astimezone(UTC).replace(microsecond=0)
        self.begin = self.now - YEARS
        self.accounts = max(1, size // 2)
        self.merchants = max(10, size // 100)
        self.alerts = size + size // 2
        self.transactions = 2 * size

    @cached_property
    def queues(self) -> list[Queue]:
        names = [f"Queue {number:02}" for number in range(1, QUEUES + 1)]
        return [Queue.objects.create(slug=name.lower().replace(" ", "-"), name=name) for name in names]

    @cached_property
    def people(self) -> list[User]:
        """Who works the cases; the first one reads in the benchmark."""
        return [_person(number) for number in range(max(5, self.size // CASES_OF_A_PERSON))]

    @cached_property
    def units(self) -> list[int]:
        """The keys of two legal entities: the reader's, and another."""
        root = OrgUnit.objects.get(pk=ROOT_ID)
        codes = ("first-bank", "second-bank")
        entities = [OrgUnit.objects.create(code=each, name=each, kind="legal_entity", parent=root) for each in codes]
        for entity in entities:
            add_to_tree(entity)
        return [entity.pk for entity in entities]

    def unit_of(self, account: int) -> int:
        return self.units[account % len(self.units)]

    @property
    def reader(self) -> User:
        return self.people[0]

    def fill(self) -> None:
        """Write everything."""
        self._feed()
        for write in (self._transactions, self._alerts, self._cases, self._around_cases, self._approvals, self._grants):
            write()

    def facts(self) -> Iterator[CaseFacts]:
        """Each case in order of its key; the same with every call. A tenth is unfinished, all among the last 30 %."""
        chance = random.Random(SEED)
        for number in range(1, self.size + 1):
            status = CaseStatus.CLOSED
            if number > 0.7 * self.size and chance.random() < 1 / 3:
                status = chance.choices([CaseStatus.NEW, CaseStatus.OPEN, CaseStatus.AWAITING_APPROVAL], [5, 3, 2])[0]
            yield CaseFacts(
                number, chance.randrange(QUEUES), status.value, int(chance.triangular(0, 100, 25)),
                chance.randrange(len(self.people)), self.begin + YEARS * (number / self.size),
            )  # fmt: skip

    def typology(self, account: int, turn: int) -> str:
        """An account has one open case of a typology: its cases are of different ones."""
        return TYPOLOGIES[(account + turn) % len(TYPOLOGIES)]

    def account_of(self, number: int) -> tuple[int, int]:
        """Of the case or alert with this number: the account, and how many it has had before."""
        turn, account = divmod(number - 1, self.accounts)
        return account + 1, turn

    def _feed(self) -> None:
        source = Source.objects.create(slug="cards", name="Cards", default_currency="USD")
        actor = system_actor("bench")
        batch = Batch.objects.create(source=source, method=IngestMethod.FILE, actor=actor, accepted=self.transactions)
        rule = Rule.objects.create(
            slug="large", name="Large amount", kind=RuleKind.AMOUNT, typology=Typology.LARGE_AMOUNT
        )
        version = RuleVersion.objects.create(rule=rule, number=1, created_by=actor, parameters={})
        self.source, self.batch, self.rule_version = source.pk, batch.pk, version.pk
        at = self.begin
        _insert(
            Account, "id source_id external_id created_at unit_id",
            ((number, self.source, f"A-{number:08}", at, self.unit_of(number)) for number in range(1, self.accounts + 1)),
        )  # fmt: skip
        _insert(
            Counterparty, "id source_id external_id created_at",
            ((number, self.source, f"M-{number:06}", at) for number in range(1, self.merchants + 1)),
        )  # fmt: skip

    def _transactions(self) -> None:
        columns = (
            "id source_id external_id batch_id position account_id counterparty_id occurred_at received_at "
            "amount_minor currency direction channel country memo digest unit_id"
        )
        digest = bytes.fromhex(DIGEST)

        def row(number: int) -> tuple[Any, ...]:
            at = self.begin + YEARS * (number / self.transactions)
            return (
                number, self.source, f"T-{number:09}", self.batch, number, self.account_of(number)[0],
                number % self.merchants + 1, at, at, 100 + number * 7919 % 5_000_000, "USD", "out", "", "US", "", digest,
                self.unit_of(self.account_of(number)[0]),
            )  # fmt: skip

        _insert(Transaction, columns, map(row, range(1, self.transactions + 1)))
        columns = "transaction_id outcome score fired assessed_at"
        rows = ((number, "review", 0.5, "[]", self.now) for number in range(1, self.transactions + 1))
        _insert(Assessment, columns, rows)

    def _alerts(self) -> None:
        columns = (
            "id transaction_id account_id typology outcome score rule_version_id parameters snapshot snapshot_digest "
            "reasons created_at"
        )
        parameters, snapshot = json.dumps({"rules": [], "models": []}), json.dumps({"amount": "12500.00"})
        reasons = json.dumps(["Amount of $12,500.00 is at or above the limit of $10,000.00."])

        def row(number: int) -> tuple[Any, ...]:
            account, turn = self.account_of(number)
            return (
                number, number + number // 4, account, self.typology(account, turn), "review" if number % 9 else "block",
                number % 100 / 100, self.rule_version, parameters, snapshot, DIGEST, reasons,
                self.begin + YEARS * (number / self.alerts),
            )  # fmt: skip

        _insert(Alert, columns, map(row, range(1, self.alerts + 1)))

    def _cases(self) -> None:
        columns = (
            "id created_at updated_at version reference account_id typology queue_id status disposition reason_code "
            "rationale machine_opinion priority priority_parts alert_count block_count urgency amounts assignee_id "
            "last_edited_by_id opened_at closed_at unit_id waiting_for"
        )
        queues, people = [queue.pk for queue in self.queues], [person.pk for person in self.people]
        parts, amounts = json.dumps({"score": 20, "amount": 5}), json.dumps({"USD": "1250000"})

        def row(case: CaseFacts) -> tuple[Any, ...]:
            account, turn = self.account_of(case.number)
            is_closed, is_new = case.status == CaseStatus.CLOSED, case.status == CaseStatus.NEW
            person = None if is_new else people[case.person]
            return (
                case.number, case.opened_at, case.opened_at, 1, _reference("C", case.number), account,
                self.typology(account, turn), queues[case.queue], case.status,
                Disposition.FALSE_POSITIVE.value if is_closed else "", ReasonCode.KNOWN_PATTERN.value if is_closed else "",
                "The customer does this every month." if is_closed else "", "", case.priority, parts, 1, 0, 0.5, amounts,
                person, person, case.opened_at, case.opened_at + timedelta(days=3) if is_closed else None,
                self.unit_of(account), "",
            )  # fmt: skip

        _insert(Case, f"{columns} salt", ((*row(each), new_salt()) for each in self.facts()))
        past: Any = Case.history.model
        history = f"{columns} history_id history_date history_change_reason history_type history_user_id"
        actor = system_actor("bench").pk
        rows = ((*row(case), case.number, case.opened_at, "Opened", "+", actor) for case in self.facts())
        _insert(past, history, rows)

    def _around_cases(self) -> None:
        """Incidents, their alerts, leases of what is worked (half of them over), notes and events."""
        people = [person.pk for person in self.people]
        hour = timedelta(hours=1)
        _insert(
            Incident,
            "id created_at updated_at version reference case_id first_at last_at alert_count account_id typology queue_id "
            "unit_id title origin status is_sampled disposition reason_code rationale priority priority_parts block_count "
            "urgency amounts assignee_id last_edited_by_id waiting_for opened_at closed_at machine_opinion salt",
            (self._incident(each, hour) for each in self.facts()),
        )  # fmt: skip
        _insert(
            CaseAlert, "id alert_id incident_id case_id grouped_at cause gathered_by across_typologies",
            ((*[each.number] * 3, self._case_of_incident(each), each.opened_at, "opened", "account", False) for each in self.facts()),
        )  # fmt: skip
        worked = (each for each in self.facts() if each.status == CaseStatus.OPEN)
        _insert(
            WorkLease, "id case_id holder_id taken_at expires_at",
            ((each.number, each.number, people[each.person], self.now,
              self.now + hour * (1 if each.number % 2 else -1)) for each in worked),
        )  # fmt: skip
        _insert(
            Note, "id case_id author_id text created_at salt",
            ((each.number, each.number, people[each.person], "Called the branch.", each.opened_at, new_salt())
             for each in self.facts() if each.status == CaseStatus.OPEN or each.number % 5 == 0),
        )  # fmt: skip
        self._events()

    @staticmethod
    def _case_of_incident(case: CaseFacts) -> int | None:
        """Of every third unfinished case the incident of its number is still being triaged."""
        return None if case.status != CaseStatus.CLOSED and case.number % 3 == 0 else case.number

    def _incident(self, case: CaseFacts, hour: timedelta) -> tuple[Any, ...]:
        """Escalated to the case of its number; of every third case one that is still being triaged."""
        account, turn = self.account_of(case.number)
        of_case = self._case_of_incident(case)
        is_open = of_case is None
        at = case.opened_at
        return (
            case.number, at, at, 1, _reference("I", case.number), of_case, at - hour,
            at - hour * (case.number % 5) / 5, 1, account, self.typology(account, turn),
            self.queues[case.queue].pk, self.unit_of(account), "", "detection", "new" if is_open else "escalated", False,
            "", "", "", case.priority, json.dumps({"score": 20}), 0, 0.5, json.dumps({"USD": "1250000"}), None, None, "",
            at, None if is_open else at, "", new_salt(),
        )  # fmt: skip

    def _events(self) -> None:
        """Its opening, of every fourth case, in the bytes of a real one."""
        actor = system_actor("bench")
        with transaction.atomic():
            entry = NewEvent("case.open", ("cases.case", "0"), {"reference": "C-2026-000000"})
            record_many(actor=actor, entries=[entry])
        event = Event.objects.get()
        body, leaf = bytes(event.body), bytes(event.leaf)
        rows = (
            (uuid.UUID(int=each.number).hex, each.opened_at, "case.open", actor.pk, event.actor_type, "cases.case",
             str(each.number), "", body, leaf, self.unit_of(self.account_of(each.number)[0]))
            for each in self.facts() if each.number % 4 == 0
        )  # fmt: skip
        columns = "uid at action actor_id actor_type subject_type subject_id request_id body leaf unit_id"
        _insert(Event, columns, rows)

    def _approvals(self) -> None:
        """One that waits for each case that does, and of closed ones so many that there are a quarter as many in all."""
        people = [person.pk for person in self.people]
        waiting = [each.number for each in self.facts() if each.status == CaseStatus.AWAITING_APPROVAL]
        closed = (each.number for each in self.facts() if each.status == CaseStatus.CLOSED)
        ended = set(islice(closed, self.size // 4 - len(waiting)))
        snapshot = json.dumps({"disposition": "false_positive", "rationale": "The customer does this every month."})
        columns = (
            "id version action subject_type subject_id subject_label payload snapshot digest quorum state end_reason "
            "requested_by_id last_edited_by_id created_at expires_at ended_at"
        )

        def row(case: CaseFacts) -> tuple[Any, ...]:
            end, asked_by = self.now if case.number in ended else None, people[case.person]
            return (
                case.number, 1, "cases.close", "cases.case", str(case.number), _reference("C", case.number), "{}",
                snapshot, DIGEST, 1, "used" if end else "pending", "", asked_by, asked_by, case.opened_at,
                self.now + timedelta(days=3), end,
            )  # fmt: skip

        def decision(case: CaseFacts) -> tuple[Any, ...]:
            asked_by, voter = people[case.person], people[(case.person + 1) % len(people)]
            return (case.number, case.number, "approve", "", DIGEST, voter, asked_by, asked_by, self.now)

        known = ended.union(waiting)
        # A throw-away database: what came in over years comes in at once, as it ended.
        triggers.remove()
        _insert(ApprovalRequest, columns, (row(each) for each in self.facts() if each.number in known))
        _insert(
            ApprovalDecision,
            "id request_id vote reason digest decided_by_id requested_by_id last_edited_by_id decided_at",
            (decision(each) for each in self.facts() if each.number in ended),
        )
        triggers.install()

    def _grants(self) -> None:
        """The reader leads four queues and a fifth as one of a group, and sees 250 cases, most of them elsewhere. They may
        read the data of one of the entities."""
        OrgUnitGroupGrant.objects.all().delete()
        access.grant(self.reader, "read_data", OrgUnit.objects.get(pk=self.units[0]))
        *own, shared = self.queues[:QUEUES_OF_READER]
        for queue in own:
            access.grant(self.reader, "lead", queue)
        group = Group.objects.create(name="bench")
        self.reader.groups.add(group)
        access.grant(group, "lead", shared)
        permission = Permission.objects.get(codename="view_case").pk
        step = max(1, self.size // DIRECT_GRANTS)
        keys = range(1, self.size + 1, step)[:DIRECT_GRANTS]
        _insert(
            CaseUserGrant,
            "permission_id user_id content_object_id",
            ((permission, self.reader.pk, key) for key in keys),
        )


def _person(number: int) -> User:
    person = User.objects.create_user(name=f"Person {number}", email=f"person.{number}@bench.example", is_staff=True)
    person.groups.add(Group.objects.get(name="compliance"))
    return person


def _reference(letter: str, number: int) -> str:
    return f"{letter}-2026-{number:06}"


def _insert(model: type[Model], columns: str, rows: Iterator[Sequence[Any]] | Any) -> None:
    names, rows = columns.split(), iter(rows)
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        insert_rows(model, names, chunk)
