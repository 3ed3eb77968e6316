"""Who may do what with queues and cases. Grants hang on the queue, by exception on one case."""

from detection.models import Alert
from finobs.core import access
from finobs.core.access import AccessRule

SEE = ("view", "work", "lead")
WORK = ("work", "lead")
LEAD = ("lead",)
# People work by role and grant. A token that was made to read must not write: it has to name this.
WRITE = "compliance:resolve"


def register() -> None:
    from .models import Case, Incident, Queue

    anchors = ("queue", "")
    access.register(
        Case,
        view=AccessRule("compliance:read", SEE, anchors),
        work=AccessRule("compliance:read", WORK, anchors, scope=WRITE),
        lead=AccessRule("compliance:resolve", LEAD, anchors),
    )
    access.register(Incident, view=AccessRule("compliance:read", SEE, ("case__queue", "case")))
    access.register(
        Queue,
        view=AccessRule("compliance:read", SEE),
        work=AccessRule("compliance:read", WORK, scope=WRITE),
        lead=AccessRule("compliance:resolve", LEAD),
        create=AccessRule("system:config"),
        change=AccessRule("system:config"),
        grant=AccessRule("user:role_assign"),
    )
    access.narrow(Alert, "view", grants=SEE, anchors=("case_alert__case__queue", "case_alert__case"))
