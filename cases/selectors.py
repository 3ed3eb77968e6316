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
from finobs.accounts.models import UnitAncestor, User
from finobs.core import access, clock
from finobs.core.errors import Invalid, NotFound
from finobs.core.reads import first_or_not_found
from transactions.deliveries import selectors as deliveries
from transactions.hooks import DeliveryLocation
from transactions.models import Customer, Delivery, DeliveryFault
from transactions.parties import selectors as parties

from . import workflow
from .choices import CaseStatus, ItemKind
from .models import (
    Case,
    Incident,
    ItemTag,
    Note,
    Queue,
    QueueEntry,
    Tag,
    WorkItem,
    WorkLease,
)
from .policy import VIEW_GRANTS
from .queries import cases_named, incidents_named, workers_of_item
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
    """Queues with `open_count` (unfinished cases) and `incident_count` (unfinished incidents), of the cases those that
    await approval (`awaiting_count`) and are held (`held_count`), and when the oldest of these incidents was opened
    (`oldest_at`; None where there is none)."""
    now = clock.now()
    unfinished = Case.objects.filter(queue=OuterRef("pk"), status__in=workflow.UNFINISHED)
    incidents = Incident.objects.filter(queue=OuterRef("pk"), status__in=workflow.UNFINISHED)
    # Of unfinished cases, which have an index of their own; no other is held.
    leased = WorkLease.objects.filter(case__queue=OuterRef("pk"), expires_at__gt=now).exclude(
        case__status=CaseStatus.CLOSED
    )
    return access.restrict(Queue.objects.select_related("unit"), user, "view").annotate(
        open_count=_count_by(unfinished, "queue"),
        incident_count=_count_by(incidents, "queue"),
        awaiting_count=_count_by(unfinished.filter(status=CaseStatus.AWAITING_APPROVAL), "queue"),
        held_count=_count_by(leased, "case__queue"),
        oldest_at=Subquery(incidents.order_by().values("queue").annotate(at=Min("opened_at")).values("at")),
    )


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


def queues_workable(user: Any) -> QuerySet[Queue]:
    """The queues that this person may take items from, and refer something to."""
    return access.restrict(Queue.objects.all(), user, "work")


def may_work(user: Any, queue: Queue) -> bool:
    return access.allowed(user, "work", queue)


def cases_visible(user: Any) -> QuerySet[Case]:
    """Cases with what every list and page shows of them."""
    rows = access.restrict(Case.objects.all(), user, "view")
    return rows.select_related("account", "customer", "queue", "assignee", "lease__holder").prefetch_related(_TAGS)


def queue_items(user: Any, queue: Queue, kind: str, filters: Mapping[str, Any] | None = None) -> QuerySet[Any]:
    """The cases (or incidents: `kind`) of one queue; unfinished ones unless the filters name statuses. Order by
    -priority, -id.

    Raises Invalid for filters that make no sense.
    """
    from .filters import FILTERS

    visible = cases_visible if kind == ItemKind.CASE else incidents_visible
    rows: QuerySet[Any] = visible(user).filter(queue=queue)
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
    return rows.select_related("queue", "routing_version").order_by("pk")


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
    return User.objects.filter(pk__in=workers_of_item(item)).order_by("name", "pk")


def person_for_assign(user: Any, item: WorkItem, pk: int) -> User:
    """One of them. Raises NotAllowed for who may not assign, Invalid for somebody who is none of them."""
    access.require(user, "lead", item)
    person = people_for_assign(user, item).filter(pk=pk).first()
    if person is None:
        raise Invalid(fields={"to": [f"This person may not work this {item.KIND}."]})
    return person


def my_work(user: Any) -> QuerySet[Case]:
    """Unfinished cases assigned to `user`."""
    return cases_visible(user).filter(assignee=user, status__in=workflow.UNFINISHED)


def my_incidents(user: Any) -> QuerySet[Incident]:
    """Unfinished incidents assigned to `user`."""
    return incidents_visible(user).filter(assignee=user, status__in=workflow.UNFINISHED)


def customer_cases(user: Any, pk: int) -> tuple[Customer, QuerySet[Case]]:
    """A customer, and the visible cases about the accounts that they have a role at now. Raises NotFound."""
    customer = parties.customer_get(user, pk)
    accounts = parties.customer_account_ids(user, customer)
    return customer, cases_visible(user).filter(Q(account__in=accounts) | Q(customer=customer))


def incidents_visible(user: Any) -> QuerySet[Incident]:
    """Incidents with what every list and page shows of them."""
    rows = access.restrict(Incident.objects.all(), user, "view")
    rows = rows.select_related("account", "customer", "queue", "assignee", "lease__holder", "case__queue")
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
