from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid, InvalidTransition
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version

from ..models import Case, Incident
from ..workflow import WORKABLE
from . import item_locking
from .escalation import case_key, cases_to_follow, escalate, new_case


@service
def incident_escalate(
    *, actor: User, item: Incident, reason: str, case: Case | None = None, version: int | None = None
) -> Case:
    """Escalate an incident into `case`, or into a new one on its subject; return the case.

    A new one follows the latest on the same subject and typology that takes no more, if the actor sees that.
    Who: work on the incident's queue, while nobody else holds it; and on that of the case. Records: incident.escalate,
    case.alert_add, case.open of a new one, and case.subject_add where the case was not about the same. Raises:
    NotFound, NotAllowed, InvalidTransition (of a case that takes no more as well), Invalid, Stale, Conflict.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    item_locking.check("escalate", item=locked, actor=actor, lease=item_locking.lease_of(locked))
    require_version(locked, version)
    reason = require_reason(reason)
    if case is None:
        key = case_key(locked)
        followed = cases_to_follow(access.restrict(Case.objects.all(), actor, "view"), [key])
        into = new_case(locked, predecessor_id=followed.get(key))
    else:
        into = item_locking.lock_item(case)
        access.require(actor, "work", into)
        _require_open(into)
        if into.unit_id != locked.unit_id:
            raise Invalid(fields={"case": [f"{into} is of another unit."]})
    escalate(actor, [(into, [locked])], reason=reason)
    return into


def _require_open(case: Case) -> None:
    if case.status not in WORKABLE:
        raise InvalidTransition(
            f"{case} is {case.get_status_display().lower()} and takes nothing more: open a new case."
        )
