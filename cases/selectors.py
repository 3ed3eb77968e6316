"""Every read of queues, cases and incidents: what `user` may see of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from detection.hooks import AlertLocation
from detection.models import Alert
from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import Invalid
from finobs.core.reads import first_or_not_found
from transactions.identifiers import writings
from transactions.models import Transaction

from . import workflow
from .choices import CaseStatus
from .models import (
    Case,
    CaseGroupGrant,
    CaseUserGrant,
    Incident,
    Note,
    Queue,
    QueueGroupGrant,
    QueueUserGrant,
    WorkLease,
)
from .policy import WORK_GRANTS
from .timeline import case_timeline as case_timeline


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
    """Queues with `open_count` (unfinished cases), and of those `awaiting_count` (for approval) and `held_count`."""
    now = clock.now()
    unfinished = Case.objects.filter(queue=OuterRef("pk"), status__in=workflow.UNFINISHED)
    leased = WorkLease.objects.filter(case__queue=OuterRef("pk"), expires_at__gt=now)
    return access.restrict(Queue.objects.all(), user, "view").annotate(
        open_count=_count_by(unfinished, "queue"),
        awaiting_count=_count_by(unfinished.filter(status=CaseStatus.AWAITING_APPROVAL), "queue"),
        held_count=_count_by(leased, "case__queue"),
    )


def queue_get(user: Any, slug: str) -> Queue:
    """One visible queue. Raises NotFound."""
    return first_or_not_found(queues_visible(user).filter(slug=slug))


def queues_workable(user: Any) -> set[int]:
    """The keys of the queues that this person may take cases from."""
    return set(access.restrict(Queue.objects.all(), user, "work").values_list("pk", flat=True))


def may_work(user: Any, queue: Queue) -> bool:
    return access.allowed(user, "work", queue)


def cases_visible(user: Any) -> QuerySet[Case]:
    """Cases with what every list and page shows of them."""
    rows = access.restrict(Case.objects.all(), user, "view")
    return rows.select_related("account", "queue", "assignee", "lease__holder")


def queue_cases(user: Any, queue: Queue, filters: Mapping[str, Any] | None = None) -> QuerySet[Case]:
    """The cases of one queue; unfinished ones unless the filters name statuses. Order by -priority, -id.

    Raises Invalid for filters that make no sense.
    """
    from .filters import CaseFilter

    rows = cases_visible(user).filter(queue=queue)
    if not (filters and filters.get("status")):
        rows = rows.filter(status__in=workflow.UNFINISHED)
    chosen = CaseFilter(filters or {}, queryset=rows, user=user)
    # Left out, a filter that makes no sense would show every case as if it were the answer.
    if not chosen.is_valid():
        raise Invalid(fields={name: [str(text) for text in texts] for name, texts in chosen.form.errors.items()})
    cases: QuerySet[Case] = chosen.qs
    return cases


def case_get(user: Any, reference: str) -> Case:
    """One visible case. Raises NotFound."""
    return first_or_not_found(cases_visible(user).filter(reference=reference))


def case_alerts(user: Any, case: Case) -> QuerySet[Alert]:
    """The alerts of a case, newest first, with their transactions and what raised them."""
    # By the alert's own policy too: the role that reads cases need not read alerts.
    rows = access.restrict(Alert.objects.filter(case_alert__case=case), user, "view")
    return rows.select_related(
        "transaction__account", "transaction__counterparty", "rule_version__rule", "model_version",
        "case_alert__incident",
    ).defer("model_version__artefact", "model_version__metrics").order_by("-pk")  # fmt: skip


def case_notes(user: Any, case: Case) -> QuerySet[Note]:
    """The notes of a case, oldest first."""
    if not access.allowed(user, "view", case):
        return Note.objects.none()
    return Note.objects.filter(case=case).select_related("author").order_by("pk")


def case_incidents(user: Any, case: Case) -> QuerySet[Incident]:
    return incidents_visible(user).filter(case=case)


def case_actions(user: Any, case: Case) -> list[AvailableAction]:
    """What `user` may do with the case, from the workflow table. What is never theirs is left out."""
    # Asked once for each permission, not once for each button.
    allowed = {permission: access.allowed(user, permission, case) for permission in ("work", "lead")}
    if not any(allowed.values()):
        return []
    holding = workflow.holding_of(case.current_lease, user)
    actions = []
    for step in workflow.HUMAN_STEPS:
        if allowed[step.permission]:
            why_not = workflow.refusal(step.action, status=case.status, holding=holding)
            actions.append(
                AvailableAction(
                    name=step.action, label=step.label, key=step.key, enabled=not why_not, why_not=why_not,
                    needs_reason=step.needs_reason, needs_approval=step.needs_approval,
                )
            )  # fmt: skip
    return actions


def people_for_assign(user: Any, case: Case) -> QuerySet[User]:
    """People who may work the case, for whoever may assign it."""
    if not access.allowed(user, "lead", case):
        return User.objects.none()
    grants = [f"{grant}_{kind}" for grant in WORK_GRANTS for kind in ("queue", "case")]
    of_case, of_queue = {"content_object": case}, {"content_object": case.queue_id}
    own = [QueueUserGrant.objects.filter(**of_queue), CaseUserGrant.objects.filter(**of_case)]
    shared = [QueueGroupGrant.objects.filter(**of_queue), CaseGroupGrant.objects.filter(**of_case)]
    holders = Q(pk__in=[])
    for rows in own:
        holders |= Q(pk__in=rows.filter(permission__codename__in=grants).values("user_id"))
    for groups in shared:
        holders |= Q(groups__in=groups.filter(permission__codename__in=grants).values("group_id"))
    people = User.objects.filter(holders, kind=UserKind.HUMAN, is_active=True)
    reading = access.rule_for(Case, "work").permission
    with_role = User.objects.filter(groups__permissions__codename=reading).values("pk")
    return people.filter(pk__in=with_role).distinct().order_by("name", "pk")


def person_for_assign(user: Any, case: Case, pk: int) -> User:
    """One of them. Raises NotAllowed for who may not assign, Invalid for somebody who is none of them."""
    access.require(user, "lead", case)
    person = people_for_assign(user, case).filter(pk=pk).first()
    if person is None:
        raise Invalid(fields={"to": ["This person may not work this case."]})
    return person


def my_work(user: Any) -> QuerySet[Case]:
    """Unfinished cases assigned to `user`."""
    return cases_visible(user).filter(assignee=user, status__in=workflow.UNFINISHED)


def incidents_visible(user: Any) -> QuerySet[Incident]:
    rows = access.restrict(Incident.objects.all(), user, "view")
    return rows.select_related("case__account", "case__queue")


def incident_get(user: Any, reference: str) -> Incident:
    """One visible incident. Raises NotFound."""
    return first_or_not_found(incidents_visible(user).filter(reference=reference))


def incident_alerts(user: Any, incident: Incident) -> QuerySet[Alert]:
    return case_alerts(user, incident.case).filter(case_alert__incident=incident)


def search(user: Any, text: str) -> QuerySet[Case]:
    """Visible cases by their reference, or by the external id of their account or of an alerted transaction."""
    text = text.strip()[:100]
    # PostgreSQL cannot be asked for NUL.
    if not text or "\x00" in text:
        return Case.objects.none()
    incident = Incident.objects.filter(reference__iexact=text).values("case_id")
    ids = sorted(writings(text))
    alerted = Transaction.objects.filter(external_id__in=ids, alert__case_alert__isnull=False)
    matching = Q(reference__iexact=text) | Q(account__external_id__in=ids) | Q(pk__in=incident)
    matching |= Q(pk__in=alerted.values("alert__case_alert__case_id"))
    # People read out the number of a reference, without letter and year.
    if text.isdecimal():
        matching |= Q(reference__endswith=f"-{int(text):06d}")
    return cases_visible(user).filter(matching)


def alert_location(user: Any, alert: Alert) -> AlertLocation | None:
    """The case that an alert went to, for the alert's page; None for who may not see the case."""
    case = cases_visible(user).filter(case_alerts__alert=alert).first()
    if case is None:
        return None
    return AlertLocation(label=case.reference, url=reverse("cases:case-detail", args=[case.reference]))


def _count_by(rows: QuerySet[Any], by: str) -> Coalesce:
    counts = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts), 0)
