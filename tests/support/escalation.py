"""Alerts that have become cases: gathered as the product gathers them, and escalated as its policy would."""

from __future__ import annotations

from collections.abc import Sequence

from cases.models import Case, Incident
from cases.services import gather_alerts
from cases.services.escalation import escalate_by_policy
from cases.workflow import WORKABLE
from detection.models import Alert
from finobs.accounts.system import system_actor
from finobs.core.service import service


@service
def escalated(*, alerts: Sequence[Alert]) -> list[Case]:
    """Gather the alerts and escalate their incidents; the cases that they are in then."""
    gather_alerts(alerts=alerts)
    incidents = Incident.objects.filter(case_alerts__alert__in=alerts, status__in=WORKABLE).distinct().order_by("pk")
    escalate_by_policy(system_actor("group-alerts"), list(incidents))
    return list(Case.objects.filter(case_alerts__alert__in=alerts).distinct().order_by("pk"))
