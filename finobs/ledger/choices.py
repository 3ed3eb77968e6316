"""What can be wrong with a ledger while it runs."""

from django.db.models import TextChoices


class AlarmKind(TextChoices):
    EQUIVOCATION = "equivocation", "Two histories have been signed"
    SHRUNK = "shrunk", "The log is shorter than what was signed"
    INCONSISTENT = "inconsistent", "The tree does not follow from its last checkpoint"
    KEY = "key", "The last checkpoint is signed by no trusted key"
    EVENT = "event", "An event waiting to be sealed has been changed"
