"""Who may do what with what came in."""

from finobs.core import access
from finobs.core.access import AccessRule


def register() -> None:
    from .models import Account, Batch, Counterparty, Label, LabelBatch, PastLabel, QuarantinedRow, Source, Transaction

    for model in (Account, Counterparty, Transaction, Label, PastLabel, LabelBatch, Batch, Source):
        access.register(model, view=AccessRule("transaction:read"))
    access.register(Source, ingest=AccessRule("transaction:create"), label=AccessRule("transaction:create"))
    access.register(Source, create=AccessRule("system:config"), change=AccessRule("system:config"))
    access.register(
        QuarantinedRow,
        view=AccessRule("transaction:read"),
        correct=AccessRule("transaction:create"),
        release=AccessRule("transaction:create"),
        discard=AccessRule("transaction:create"),
    )
