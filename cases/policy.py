"""Who may do what with queues, incidents and cases. Grants hang on the queue or on the unit that it is in, by exception
on one case."""

from detection.models import Alert
from finobs.core import access
from finobs.core.access import AccessRule
from finobs.core.units import register_unit

VIEW_GRANTS = ("view", "work", "lead")
WORK_GRANTS = ("work", "lead")
LEAD_GRANTS = ("lead",)
# People work by role and grant. A token that was made to read must not write: it has to name this.
WRITE_SCOPE = "compliance:resolve"


def register() -> None:
    from .models import Case, Incident, Queue, Tag, WorkPolicy

    # The queue first: nearly every grant hangs there (decision 5); "" is the exception for one case.
    anchors = ("queue", "")
    access.register_container(Queue, path="unit")
    access.register(
        Case,
        view=AccessRule("compliance:read", VIEW_GRANTS, anchors, source="account__source"),
        work=AccessRule("compliance:read", WORK_GRANTS, anchors, scope=WRITE_SCOPE),
        lead=AccessRule("compliance:resolve", LEAD_GRANTS, anchors),
    )
    access.register(
        Incident,
        # Whoever sees the case sees what was escalated to it.
        view=AccessRule("compliance:read", VIEW_GRANTS, ("queue", "case__queue", "case"), source="account__source"),
        work=AccessRule("compliance:read", WORK_GRANTS, ("queue",), scope=WRITE_SCOPE),
        lead=AccessRule("compliance:resolve", LEAD_GRANTS, ("queue",)),
    )
    access.register(
        Queue,
        view=AccessRule("compliance:read", VIEW_GRANTS),
        work=AccessRule("compliance:read", WORK_GRANTS, scope=WRITE_SCOPE),
        lead=AccessRule("compliance:resolve", LEAD_GRANTS),
        create=AccessRule("system:config"),
        change=AccessRule("system:config"),
        grant=AccessRule("user:role_assign"),
    )
    reading, configuring = AccessRule("compliance:read"), AccessRule("system:config")
    access.register(Tag, view=reading, create=configuring, change=configuring)
    access.register(WorkPolicy, view=reading, change=configuring)
    access.narrow(
        Alert,
        "view",
        grants=VIEW_GRANTS,
        anchors=("case_alert__incident__queue", "case_alert__case__queue", "case_alert__case"),
    )
    register_unit(Queue, "unit_id")
    register_unit(Case, "unit_id")
    register_unit(Incident, "unit_id")
