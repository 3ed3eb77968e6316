"""Who may do what with what came in."""

from finobs.core.access import Rule
from finobs.core.access import register as say


def register() -> None:
    from .models import Account, Batch, Counterparty, Label, LabelBatch, PastLabel, QuarantinedRow, Source, Transaction

    for model in (Account, Counterparty, Transaction, Label, PastLabel, LabelBatch, Batch, Source):
        say(model, view=Rule("transaction:read"))
    say(Source, ingest=Rule("transaction:create"), label=Rule("transaction:create"))
    say(Source, create=Rule("system:config"), change=Rule("system:config"))
    say(
        QuarantinedRow,
        view=Rule("transaction:read"),
        correct=Rule("transaction:create"),
        release=Rule("transaction:create"),
        discard=Rule("transaction:create"),
    )
