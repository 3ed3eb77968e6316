"""Every read of queues, cases and incidents: what `user` may see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from detection.hooks import AlertLocation
from detection.models import Alert
from finobs.accounts.addresses import address_key
from finobs.accounts.choices import UserKind
from finobs.accounts.models import OrgUnitGroupGrant, OrgUnitUserGrant, UnitAncestor, User
from finobs.core import access, clock
from finobs.core.errors import Invalid, NotFound
from finobs.core.reads import first_or_not_found
from transactions.deliveries import selectors as deliveries
from transactions.hooks import DeliveryLocation
from transactions.models import Account, Customer, Delivery, DeliveryFault
from transactions.parties import selectors as parties
from transactions.selectors import account_get

from . import workflow
from .choices import CaseStatus, ItemKind
from .models import (
    Case,
    CaseGroupGrant,
    CaseUserGrant,
    Incident,
    ItemTag,
    Note,
    Queue,
    QueueEntry,
    QueueGroupGrant,
    QueueUserGrant,
    Tag,
    WorkItem,
    WorkLease,
)
from .policy import VIEW_GRANTS, WORK_GRANTS
from .queries import cases_named, incidents_named
from .timeline import item_timeline as item_timeline

# The tags of each item of a list, in one statement for all.
_TAGS = Prefetch("tags", queryset=ItemTag.objects.select_related("tag").order_by("tag__name"))


@dataclass(frozen=True, slots=True)
class AvailableAction:
    """One button: what it is, and why it cannot be pressed now (empty: it can)."""

    name: str
    label: str
    key: str
    enabled: bool
    why_not: str
    needs_reason: bool
    needs_approval: bool


def queues_visible(user: Any) -> QuerySet[Queue]:
    """Queues with, for cases and for incidents, how many are unfinished (`case_count`, `incident_count`), of these how
    many await approval (`case_awaiting_count`, ...) and are held (`case_held_count`, ...), and when the oldest was
    opened (`oldest_case_at`, ...; None where there is none)."""
    rows = access.restrict(Queue.objects.select_related("unit"), user, "view")
    return rows.annotate(**_queue_counts(Case), **_queue_counts(Incident))


def _queue_counts(model: type[Case | Incident]) -> dict[str, Any]:
    """What is said of the unfinished items of a queue, which have an index of their own; no other is held."""
    kind = model.KIND
    unfinished = model._default_manager.filter(queue=OuterRef("pk"), status__in=workflow.UNFINISHED)
    # Both kinds call it the same.
    awaiting = unfinished.filter(status=CaseStatus.AWAITING_APPROVAL)
    leased = WorkLease.objects.filter(**{f"{kind}__queue": OuterRef("pk")}, expires_at__gt=clock.now()).exclude(
        **{f"{kind}__status__in": workflow.FINISHED[kind]}
    )
    return {
        f"{kind}_count": _count_by(unfinished, "queue"),
        f"{kind}_awaiting_count": _count_by(awaiting, "queue"),
        f"{kind}_held_count": _count_by(leased, f"{kind}__queue"),
        f"oldest_{kind}_at": Subquery(unfinished.order_by().values("queue").annotate(at=Min("opened_at")).values("at")),
    }


def queues_of_cases(user: Any) -> QuerySet[Queue]:
    """The queues of all cases that `user` may see: those that they see, and those of single cases that they see."""
    if not access.allowed(user, "view", Case):
        return Queue.objects.none()
    keys = {*access.restrict(Queue.objects.order_by(), user, "view").values_list("pk", flat=True)}
    single = Case.objects.order_by().filter(pk__in=access.granted_ids(user, Case, VIEW_GRANTS))
    return Queue.objects.filter(pk__in=keys.union(single.values_list("queue", flat=True)))


def queue_get(user: Any, slug: str) -> Queue:
    """One visible queue, without what is in it: thousands of cases are counted for that. Raises NotFound."""
    return first_or_not_found(access.restrict(Queue.objects.filter(slug=slug), user, "view"))


def queue_detail(user: Any, slug: str) -> Queue:
    """One visible queue with its counts. Raises NotFound."""
    return first_or_not_found(queues_visible(user).filter(slug=slug))


def queues_workable(user: Any) -> set[int]:
    """The keys of the queues that this person may take cases from."""
    return set(access.restrict(Queue.objects.all(), user, "work").values_list("pk", flat=True))


def may_work(user: Any, queue: Queue) -> bool:
    return access.allowed(user, "work", queue)


def cases_visible(user: Any) -> QuerySet[Case]:
    """Cases with what every list and page shows of them."""
    rows = access.restrict(Case.objects.all(), user, "view")
    rows = rows.select_related("account", "customer", "queue", "unit", "assignee", "lease__holder")
    return rows.prefetch_related(_TAGS)


def queue_items(user: Any, queue: Queue, kind: str, filters: Mapping[str, Any] | None = None) -> QuerySet[Any]:
    """The cases (or incidents: `kind`) of one queue; unfinished ones unless the filters name statuses. Order by
    -priority, -id.

    Raises Invalid for filters that make no sense.
    """
    from .filters import FILTERS

    rows = _items_visible(user, kind).filter(queue=queue)
    if not (filters and filters.get("status")):
        rows = rows.filter(status__in=workflow.UNFINISHED)
    chosen = FILTERS[kind](filters or {}, queryset=rows, user=user)
    # Left out, a filter that makes no sense would show every item as if it were the answer.
    if not chosen.is_valid():
        raise Invalid(fields={name: [str(text) for text in texts] for name, texts in chosen.form.errors.items()})
    items: QuerySet[Any] = chosen.qs
    return items


def case_get(user: Any, reference: str) -> Case:
    """One visible case. Raises NotFound."""
    return first_or_not_found(cases_visible(user).filter(reference=reference))


def item_alerts(user: Any, item: WorkItem) -> QuerySet[Alert]:
    """The alerts of an incident or a case, newest first, with their transactions and what raised them."""
    # By the alert's own policy too: the role that reads cases need not read alerts.
    rows = access.restrict(Alert.objects.filter(**{f"case_alert__{item.KIND}": item}), user, "view")
    return rows.select_related(
        "transaction__account", "transaction__counterparty", "external", "rule_version__rule", "model_version",
        "case_alert__incident",
    ).defer("external__payload_text", "model_version__artefact", "model_version__metrics").order_by("-pk")  # fmt: skip


def item_notes(user: Any, item: WorkItem) -> QuerySet[Note]:
    """The notes of an incident or a case, oldest first; of a case also those of the incidents escalated to it."""
    if not access.allowed(user, "view", item):
        return Note.objects.none()
    own = Q(**{item.KIND: item})
    if item.KIND == ItemKind.CASE:
        own |= Q(incident__case=item)
    return Note.objects.filter(own).select_related("author", "incident").order_by("pk")


def item_entries(user: Any, item: WorkItem) -> QuerySet[QueueEntry]:
    """The queues that an item lay in, the first first."""
    if not access.allowed(user, "view", item):
        return QueueEntry.objects.none()
    rows = QueueEntry.objects.filter(**{item.KIND: item})
    return rows.select_related("queue", "routing_version__policy").order_by("pk")


def case_timeline(user: Any, reference: str) -> dict[str, Any]:
    """What happened to a visible case, as `entries`. Raises NotFound."""
    return {"entries": item_timeline(user, case_get(user, reference))}


def incident_timeline(user: Any, reference: str) -> dict[str, Any]:
    """What happened to a visible incident, as `entries`. Raises NotFound."""
    return {"entries": item_timeline(user, incident_get(user, reference))}


def case_incidents(user: Any, case: Case) -> QuerySet[Incident]:
    return incidents_visible(user).filter(case=case).prefetch_related(None)


def item_faults(user: Any, item: WorkItem) -> QuerySet[DeliveryFault]:
    """The faults of the delivery that an incident is about, for whoever may see it; none of other items."""
    about = item.delivery_id if isinstance(item, Incident) else None
    return deliveries.faults_visible(user).filter(delivery=about) if about else DeliveryFault.objects.none()


def delivery_locations(user: Any, delivery: Delivery) -> list[DeliveryLocation]:
    """The visible incidents about a delivery, the newest first, for its page."""
    rows = access.restrict(Incident.objects.filter(delivery=delivery), user, "view").order_by("-pk")
    return [DeliveryLocation(each.reference, reverse("cases:incident-detail", args=[each.reference])) for each in rows]


def _same_subject(item: WorkItem) -> Q:
    """What is about the account or the customer of an item; nothing where it has neither."""
    same = Q(account=item.account_id) if item.account_id else Q(pk__in=[])
    return same | Q(customer=item.customer_id) if item.customer_id else same


def open_incidents_about(user: Any, item: WorkItem) -> QuerySet[Incident]:
    """Unfinished incidents on the subject of an item, but for itself; among them what arrived that it does not take."""
    rows = incidents_visible(user).filter(_same_subject(item), status__in=workflow.UNFINISHED).prefetch_related(None)
    return rows.exclude(pk=item.pk) if item.KIND == ItemKind.INCIDENT else rows


def open_cases_about(user: Any, incident: Incident) -> QuerySet[Case]:
    """Cases that an incident can be escalated into: those being worked on the same subject."""
    rows = access.restrict(Case.objects.all(), user, "work").select_related("account", "queue")
    return rows.filter(_same_subject(incident), status__in=workflow.WORKABLE, unit=incident.unit_id).order_by("-pk")


def item_actions(user: Any, item: WorkItem) -> list[AvailableAction]:
    """What `user` may do with the item, from its workflow table. What is never theirs is left out."""
    # Asked once for each permission, not once for each button.
    allowed = {permission: access.allowed(user, permission, item) for permission in ("work", "lead")}
    if not any(allowed.values()):
        return []
    holding = workflow.holding_of(item.current_lease, user)
    actions = []
    for step in workflow.HUMAN_STEPS[item.KIND]:
        if allowed[step.permission]:
            why_not = workflow.refusal(step.action, status=item.status, holding=holding, kind=item.KIND)
            actions.append(
                AvailableAction(
                    name=step.action, label=step.label, key=step.key, enabled=not why_not, why_not=why_not,
                    needs_reason=step.needs_reason, needs_approval=step.needs_approval,
                )
            )  # fmt: skip
    return actions


def people_for_assign(user: Any, item: WorkItem) -> QuerySet[User]:
    """People who may work the item, for whoever may assign it."""
    if not access.allowed(user, "lead", item):
        return User.objects.none()
    grants = [f"{grant}_{kind}" for grant in WORK_GRANTS for kind in ("queue", "case", "orgunit")]
    of_item, of_queue = {"content_object": item.pk}, {"content_object": item.queue_id}
    own: list[QuerySet[Any]] = [QueueUserGrant.objects.filter(**of_queue)]
    shared: list[QuerySet[Any]] = [QueueGroupGrant.objects.filter(**of_queue)]
    if item.KIND == ItemKind.CASE:
        own.append(CaseUserGrant.objects.filter(**of_item))
        shared.append(CaseGroupGrant.objects.filter(**of_item))
    # And who holds them on its unit, or on one above.
    units = UnitAncestor.objects.filter(unit=item.queue.unit_id).values("ancestor_id")
    own.append(OrgUnitUserGrant.objects.filter(content_object__in=units))
    shared.append(OrgUnitGroupGrant.objects.filter(content_object__in=units))
    holders = Q(pk__in=[])
    for rows in own:
        holders |= Q(pk__in=rows.filter(permission__codename__in=grants).values("user_id"))
    for groups in shared:
        members = User.groups.through.objects.filter(
            group__in=groups.filter(permission__codename__in=grants).values("group_id")
        )
        holders |= Q(pk__in=members.values("user_id"))
    people = User.objects.filter(holders, kind=UserKind.HUMAN, is_active=True)
    reading = access.rule_for(type(item), "work").permission
    with_role = User.objects.filter(groups__permissions__codename=reading).values("pk")
    return people.filter(pk__in=with_role).order_by("name", "pk")


def person_for_assign(user: Any, item: WorkItem, pk: int) -> User:
    """One of them. Raises NotAllowed for who may not assign, Invalid for somebody who is none of them."""
    return _person_for_assign(user, item, pk=pk)


def person_named_for_assign(user: Any, item: WorkItem, address: str) -> User:
    """The same by their address."""
    return _person_for_assign(user, item, email_key=address_key(address))


def _person_for_assign(user: Any, item: WorkItem, **which: Any) -> User:
    access.require(user, "lead", item)
    person = people_for_assign(user, item).filter(**which).first()
    if person is None:
        raise Invalid(fields={"to": [f"This person may not work this {item.KIND}."]})
    return person


def my_work(user: Any) -> QuerySet[Case]:
    """Unfinished cases assigned to `user`."""
    return cases_visible(user).filter(assignee=user, status__in=workflow.UNFINISHED)


def my_incidents(user: Any) -> QuerySet[Incident]:
    """Unfinished incidents assigned to `user`."""
    return incidents_visible(user).filter(assignee=user, status__in=workflow.UNFINISHED)


def customer_items(user: Any, pk: int, kind: str) -> tuple[Customer, QuerySet[Any]]:
    """A customer, and the visible cases (or incidents: `kind`) about them or the accounts that they have a role at now.

    Raises NotFound.
    """
    customer = parties.customer_get(user, pk)
    accounts = parties.customer_account_ids(user, customer)
    return customer, _items_visible(user, kind).filter(Q(account__in=accounts) | Q(customer=customer))


def account_items(user: Any, pk: int, kind: str) -> tuple[Account, QuerySet[Any]]:
    """An account, and the visible cases (or incidents: `kind`) about it. Raises NotFound."""
    account = account_get(user, pk)
    return account, _items_visible(user, kind).filter(account=account)


def _items_visible(user: Any, kind: str) -> QuerySet[Any]:
    return cases_visible(user) if kind == ItemKind.CASE else incidents_visible(user)


def incidents_visible(user: Any) -> QuerySet[Incident]:
    """Incidents with what every list and page shows of them."""
    rows = access.restrict(Incident.objects.all(), user, "view")
    rows = rows.select_related("account", "customer", "queue", "unit", "assignee", "lease__holder", "case__queue")
    return rows.prefetch_related(_TAGS)


def incident_get(user: Any, reference: str) -> Incident:
    """One visible incident. Raises NotFound."""
    return first_or_not_found(incidents_visible(user).filter(reference=reference))


def incidents_get(user: Any, references: Sequence[str]) -> list[Incident]:
    """The visible incidents of these references. Raises NotFound that names those that are none."""
    incidents = {each.reference: each for each in incidents_visible(user).filter(reference__in=references)}
    if unknown := [each for each in references if each not in incidents]:
        raise NotFound(f"There is no incident {', '.join(unknown[:10])}.")
    return list(incidents.values())


def item_get(user: Any, kind: str, reference: str) -> Any:
    """One visible incident or case. Raises NotFound."""
    return case_get(user, reference) if kind == ItemKind.CASE else incident_get(user, reference)


def queues_for_move(user: Any, item: WorkItem) -> QuerySet[Queue]:
    """The other queues that serve the unit of an item, of those that `user` sees."""
    above = UnitAncestor.objects.filter(unit=item.unit_id).values("ancestor_id")
    rows = access.restrict(Queue.objects.filter(unit__in=above), user, "view")
    return rows.exclude(pk=item.queue_id)


def tags_visible(user: Any) -> QuerySet[Tag]:
    return access.restrict(Tag.objects.all(), user, "view")


def tag_get(user: Any, slug: str) -> Tag:
    """One tag. Raises NotFound."""
    return first_or_not_found(tags_visible(user).filter(slug=slug))


def queues_for_referral(user: Any) -> QuerySet[Queue]:
    """The queues that `user` may open an incident in."""
    return access.restrict(Queue.objects.all(), user, "work")


@dataclass(frozen=True, slots=True)
class BulkClosePreview:
    """closable: what would be closed; skipped: what would be left as it is, and why."""

    closable: list[Incident]
    skipped: list[tuple[Incident, str]]


def bulk_close_preview(user: Any, queue: Queue, references: Sequence[str]) -> BulkClosePreview:
    """What closing these incidents of a queue at once would do. References that are none of it are left out."""
    rows = incidents_visible(user).filter(queue=queue, reference__in=references).order_by("-priority", "-id")
    may_work = access.allowed(user, "work", queue)
    preview = BulkClosePreview([], [])
    for incident in rows:
        holding = workflow.holding_of(incident.current_lease, user)
        why = workflow.refusal("close", status=incident.status, holding=holding, kind=ItemKind.INCIDENT)
        why = why or ("" if may_work else "You may not work this queue.")
        if why:
            preview.skipped.append((incident, why))
        else:
            preview.closable.append(incident)
    return preview


def incidents_search(user: Any, text: str, within: QuerySet[Incident]) -> QuerySet[Incident]:
    """Those of `within` that `user` may see and `text` may mean: by reference, or by the id of an account, of an
    alerted transaction or of another system's alert."""
    text, rows = text.strip()[:100], access.restrict(within, user, "view")
    # PostgreSQL cannot be asked for NUL.
    return rows.filter(pk__in=incidents_named(text)) if text and "\x00" not in text else rows.none()


def search(user: Any, text: str, within: QuerySet[Case] | None = None) -> QuerySet[Case]:
    """Visible cases by their reference, or by the external id of their account or of an alerted transaction.

    within: only those of a list of theirs.
    """
    text, rows = text.strip()[:100], cases_visible(user) if within is None else within
    # PostgreSQL cannot be asked for NUL.
    return rows.filter(pk__in=cases_named(text)) if text and "\x00" not in text else rows.none()


def alert_location(user: Any, alert: Alert) -> AlertLocation | None:
    """Where an alert is being worked, for the alert's page: its case, or else its incident; None for who may see
    neither."""
    case = cases_visible(user).filter(case_alerts__alert=alert).prefetch_related(None).first()
    if case is not None:
        return AlertLocation(label=case.reference, url=reverse("cases:case-detail", args=[case.reference]))
    incident = incidents_visible(user).filter(case_alerts__alert=alert).prefetch_related(None).first()
    if incident is None:
        return None
    return AlertLocation(label=incident.reference, url=reverse("cases:incident-detail", args=[incident.reference]))


def _count_by(rows: QuerySet[Any], by: str) -> Coalesce:
    counts = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts), 0)
