from django.db.models import TextChoices


class UserKind(TextChoices):
    HUMAN = "human", "Person"
    SERVICE = "service", "Machine account"
    SYSTEM = "system", "Part of finobs itself"


class SessionEndReason(TextChoices):
    """Why a session is over."""

    SIGNED_OUT = "signed_out", "Signed out"
    IDLE = "idle", "Not used for a while"
    AGE = "age", "Signed in for too long"
    CHANGED = "changed", "Password or roles changed"
    ENDED = "ended", "Ended by hand"
