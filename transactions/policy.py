"""Who may do what with what came in."""

from finobs.core.access import AccessRule
from finobs.core.access import register as say


def register() -> None:
    from .models import Account, Batch, Counterparty, Label, LabelBatch, PastLabel, QuarantinedRow, Source, Transaction

    for model in (Account, Counterparty, Transaction, Label, PastLabel, LabelBatch, Batch, Source):
        say(model, view=AccessRule("transaction:read"))
    say(Source, ingest=AccessRule("transaction:create"), label=AccessRule("transaction:create"))
    say(Source, create=AccessRule("system:config"), change=AccessRule("system:config"))
    say(
        QuarantinedRow,
        view=AccessRule("transaction:read"),
        correct=AccessRule("transaction:create"),
        release=AccessRule("transaction:create"),
        discard=AccessRule("transaction:create"),
    )
