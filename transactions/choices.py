from django.db.models import TextChoices


class Door(TextChoices):
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


class RowOutcome(TextChoices):
    ACCEPTED = "accepted", "Accepted"
    DUPLICATE = "duplicate", "Already known"
    QUARANTINED = "quarantined", "In quarantine"
