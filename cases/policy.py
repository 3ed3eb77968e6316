"""Who may do what with queues and cases. Grants hang on the queue, by exception on one case."""

from detection.models import Alert
from finobs.core import access
from finobs.core.access import Rule

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
        view=Rule("compliance:read", SEE, anchors),
        work=Rule("compliance:read", WORK, anchors, scope=WRITE),
        lead=Rule("compliance:resolve", LEAD, anchors),
    )
    access.register(Incident, view=Rule("compliance:read", SEE, ("case__queue", "case")))
    access.register(
        Queue,
        view=Rule("compliance:read", SEE),
        work=Rule("compliance:read", WORK, scope=WRITE),
        lead=Rule("compliance:resolve", LEAD),
        create=Rule("system:config"),
        change=Rule("system:config"),
        grant=Rule("user:role_assign"),
    )
    access.narrow(Alert, "view", grants=SEE, anchors=("gathering__case__queue", "gathering__case"))
