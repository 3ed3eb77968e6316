"""Reads of cases without a user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Model

from detection.models import ExternalAlert
from finobs.accounts.choices import UserKind
from finobs.accounts.models import OrgUnitGroupGrant, OrgUnitUserGrant, UnitAncestor, User
from finobs.core import access, clock, context
from transactions.identifier_filter import keys_by_identifier
from transactions.models import Account, Customer, Transaction

from .choices import GatheringCause, ItemKind
from .models import (
    Case,
    CaseAlert,
    CaseGroupGrant,
    CaseSubject,
    CaseUserGrant,
    Incident,
    Queue,
    QueueGroupGrant,
    QueueUserGrant,
    WorkItem,
    WorkLease,
)
from .policy import WORK_GRANTS
from .references import references_meant
from .workflow import UNFINISHED


def cases_named(text: str) -> list[int]:
    """Keys of the cases that `text` may mean, by reference or by what an incident, account or customer (also of a
    further subject), transaction or alert of another system is called.

    Each way by its own index, and then together: one condition of all, with an OR, reads every case (800 ms of a
    million, measured; this 3).
    """
    cases = Case.objects.order_by()
    accounts, transactions, alerts, customers = _keys_by_identifier(text)
    keys = cases.filter(reference__in=references_meant("C", text)).values_list("pk")
    others = (
        cases.filter(account__in=accounts).values_list("pk"),
        cases.filter(customer__in=customers).values_list("pk"),
        CaseSubject.objects.order_by().filter(account__in=accounts).values_list("case_id"),
        CaseSubject.objects.order_by().filter(customer__in=customers).values_list("case_id"),
        Incident.objects.order_by().filter(reference=text.upper(), case__isnull=False).values_list("case_id"),
        CaseAlert.objects.filter(alert__transaction__in=transactions, case__isnull=False).values_list("case_id"),
        CaseAlert.objects.filter(alert__in=alerts, case__isnull=False).values_list("case_id"),
    )
    return [pk for (pk,) in keys.union(*others)]


def cases_about(customers: Collection[int], accounts: Collection[int]) -> list[int]:
    """Keys of the cases that any of these is a subject of. Each way by its own index, as above."""
    cases, subjects = Case.objects.order_by(), CaseSubject.objects.order_by()
    keys = cases.filter(account__in=accounts).values_list("pk")
    others = (
        cases.filter(customer__in=customers).values_list("pk"),
        subjects.filter(account__in=accounts).values_list("case_id"),
        subjects.filter(customer__in=customers).values_list("case_id"),
    )
    return [pk for (pk,) in keys.union(*others)]


class SubjectIds(NamedTuple):
    """The customers and accounts that an item is about."""

    customers: set[int]
    accounts: set[int]


def subject_ids(item: WorkItem) -> SubjectIds:
    """Whom an incident is about, or a case with all of its subjects."""
    pairs = [(item.customer_id, item.account_id)]
    if isinstance(item, Case):
        pairs += CaseSubject.objects.filter(case=item).values_list("customer_id", "account_id")
    customers, accounts = ({each for each in some if each} for some in zip(*pairs, strict=True))
    return SubjectIds(customers, accounts)


def incidents_opened_since(item: WorkItem, at: datetime) -> list[int]:
    """Keys of the incidents that follow an incident, or those of a case, or are about its subjects, opened since."""
    rows, subjects = Incident.objects.order_by().filter(opened_at__gte=at), subject_ids(item)
    followed = {"predecessor__case": item} if isinstance(item, Case) else {"predecessor": item}
    keys = rows.filter(**followed).values_list("pk")
    others = (
        rows.filter(account__in=subjects.accounts).values_list("pk"),
        rows.filter(customer__in=subjects.customers).values_list("pk"),
    )
    return [pk for (pk,) in keys.union(*others)]


def _keys_by_identifier(text: str) -> list[list[int]]:
    """Keys of the accounts, of the transactions, of other systems' alerts and of the customers that `text` may mean.

    Cases and incidents are looked for on one page.
    """
    models = (Account, Transaction, ExternalAlert, Customer)
    return context.memoize_while_reading(
        ("identified", text), lambda: [keys_by_identifier(model, text) for model in models]
    )


def incidents_opened_by_batches(batch_ids: Sequence[int]) -> int:
    """How many incidents alerts of these batches opened."""
    own = CaseAlert.objects.filter(alert__transaction__batch_id__in=batch_ids)
    return own.exclude(cause=GatheringCause.JOINED).count()


def incidents_named(text: str) -> list[int]:
    """Keys of the incidents that `text` may mean, by reference or by what an account, transaction or alert of another
    system is called."""
    incidents = Incident.objects.order_by()
    accounts, transactions, alerts, customers = _keys_by_identifier(text)
    keys = incidents.filter(reference__in=references_meant("I", text)).values_list("pk")
    others = (
        incidents.filter(account__in=accounts).values_list("pk"),
        incidents.filter(customer__in=customers).values_list("pk"),
        CaseAlert.objects.filter(alert__transaction__in=transactions).values_list("incident_id"),
        CaseAlert.objects.filter(alert__in=alerts).values_list("incident_id"),
    )
    return [pk for (pk,) in keys.union(*others)]


def held_counts(people: Collection[int]) -> dict[int, int]:
    """How many incidents and cases each of these people holds now."""
    rows = WorkLease.objects.filter(holder__in=people, expires_at__gt=clock.now()).order_by()
    counts: dict[int, int] = defaultdict(int)
    counts.update(rows.values_list("holder_id").annotate(number=Count("pk")))
    return counts


def unfinished_counts(people: Collection[int]) -> dict[int, int]:
    """How many unfinished incidents and cases each of these people is assigned to."""
    counts: dict[int, int] = defaultdict(int)
    for model in (Incident, Case):
        rows = model._default_manager.filter(assignee__in=people, status__in=UNFINISHED).order_by()
        for person, number in rows.values_list("assignee_id").annotate(number=Count("pk")):
            counts[person] += number
    return counts


def workers_by_queue(queues: Collection[Queue]) -> dict[int, set[int]]:
    """The people who may work each queue: by a grant on it, on its unit or on one above, and with the role for it.

    The number of statements does not depend on how many queues there are.
    """
    keys, units = [queue.pk for queue in queues], {queue.unit_id for queue in queues}
    above: dict[int, set[int]] = defaultdict(set)
    for unit, ancestor in UnitAncestor.objects.filter(unit__in=units).values_list("unit_id", "ancestor_id"):
        above[unit].add(ancestor)
    of_queue = _grantees("queue", keys, QueueUserGrant, QueueGroupGrant)
    of_unit = _grantees("orgunit", set().union(*above.values()), OrgUnitUserGrant, OrgUnitGroupGrant)
    people = _people_with_role(Queue)
    return {
        queue.pk: people & of_queue[queue.pk].union(*(of_unit[unit] for unit in above[queue.unit.pk]))
        for queue in queues
    }


def workers_of_item(item: WorkItem) -> set[int]:
    """The people who may work an incident or a case: those of its queue, and those with a grant on the case itself."""
    people = workers_by_queue([item.queue])[item.queue.pk]
    if item.KIND == ItemKind.CASE:
        people |= _people_with_role(Case) & _grantees("case", [item.pk], CaseUserGrant, CaseGroupGrant)[item.pk]
    return people


def _people_with_role(model: type[Model]) -> set[int]:
    """Whoever has the role to work rows of `model`, if they are granted any."""
    permission = access.rule_for(model, "work").permission
    rows = User.objects.filter(kind=UserKind.HUMAN, is_active=True, groups__permissions__codename=permission)
    return set(rows.values_list("pk", flat=True))


def _grantees(kind: str, keys: Collection[int], own: Any, shared: Any) -> dict[int, set[int]]:
    """By key of what the grants hang on, the people who may work it."""
    names = [f"{grant}_{kind}" for grant in WORK_GRANTS]
    people: dict[int, set[int]] = defaultdict(set)
    for model, person in ((own, "user_id"), (shared, "group__user")):
        rows = model.objects.filter(content_object__in=keys, permission__codename__in=names)
        for key, user_id in rows.values_list("content_object_id", person):
            people[key].add(user_id)
    return people
