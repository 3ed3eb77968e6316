"""Who may do what with queues and cases. Grants hang on the queue, by exception on one case."""

from detection.models import Alert
from finobs.core import access
from finobs.core.access import AccessRule

VIEW_GRANTS = ("view", "work", "lead")
WORK_GRANTS = ("work", "lead")
LEAD_GRANTS = ("lead",)
# People work by role and grant. A token that was made to read must not write: it has to name this.
WRITE_SCOPE = "compliance:resolve"


def register() -> None:
    from .models import Case, Incident, Queue

    # The queue first: nearly every grant hangs there (decision 5); "" is the exception for one case.
    anchors = ("queue", "")
    access.register(
        Case,
        view=AccessRule("compliance:read", VIEW_GRANTS, anchors),
        work=AccessRule("compliance:read", WORK_GRANTS, anchors, scope=WRITE_SCOPE),
        lead=AccessRule("compliance:resolve", LEAD_GRANTS, anchors),
    )
    access.register(Incident, view=AccessRule("compliance:read", VIEW_GRANTS, ("case__queue", "case")))
    access.register(
        Queue,
        view=AccessRule("compliance:read", VIEW_GRANTS),
        work=AccessRule("compliance:read", WORK_GRANTS, scope=WRITE_SCOPE),
        lead=AccessRule("compliance:resolve", LEAD_GRANTS),
        create=AccessRule("system:config"),
        change=AccessRule("system:config"),
        grant=AccessRule("user:role_assign"),
    )
    access.narrow(Alert, "view", grants=VIEW_GRANTS, anchors=("case_alert__case__queue", "case_alert__case"))
