from typing import Final

from django.db.models import TextChoices


class IngestMethod(TextChoices):
    REST = "rest", "REST API"
    FILE = "file", "File import"
    ADMIN = "admin", "Admin"
    RELEASE = "release", "Released from quarantine"


class Direction(TextChoices):
    OUT = "out", "Out of the account"
    IN = "in", "Into the account"


class QuarantineState(TextChoices):
    OPEN = "open", "Open"
    RELEASED = "released", "Released"
    DISCARDED = "discarded", "Discarded"
    SUPERSEDED = "superseded", "Came in later"


class RowStatus(TextChoices):
    ACCEPTED = "accepted", "Accepted"
    DUPLICATE = "duplicate", "Already known"
    QUARANTINED = "quarantined", "In quarantine"
    ALREADY_QUARANTINED = "already_quarantined", "In quarantine before"


class LabelOrigin(TextChoices):
    """Where a label comes from. What came from outside is one label, which a batch of labels corrects; what people
    concluded stands beside it, whatever it says."""

    TRANSACTION = "transaction", "With its transaction"
    BATCH = "batch", "A batch of labels"
    CASE = "case", "A case's closing"


OUTSIDE_ORIGINS: Final = (LabelOrigin.TRANSACTION, LabelOrigin.BATCH)


class LabelStatus(TextChoices):
    """What became of a label that came after its transaction."""

    ACCEPTED = "accepted", "Accepted"
    CORRECTED = "corrected", "Corrects what stood"
    DUPLICATE = "duplicate", "Already known"
    REFUSED = "refused", "Refused"


class QuarantineReason(TextChoices):
    """Why a row is in quarantine."""

    MALFORMED = "malformed", "Not a readable row"
    ENCODING = "encoding", "Not valid UTF-8"
    UNKNOWN_FIELD = "unknown-field", "Unknown field"
    MISSING = "missing", "Required field is empty"
    TYPE = "type", "Wrong type of value"
    TOO_LONG = "too-long", "Value too long"
    CHARACTERS = "characters", "Forbidden characters"
    AMOUNT = "amount", "Impossible amount"
    CURRENCY = "currency", "Unknown currency"
    DATE = "date", "Impossible date"
    DIRECTION = "direction", "Unknown direction"
    COUNTRY = "country", "Unknown country"
    LABEL = "label", "Unusable label"
    CONFLICT = "conflict", "Known id with other content"
