from django.db.models import TextChoices


class UserKind(TextChoices):
    HUMAN = "human", "Person"
    SERVICE = "service", "Machine account"
    SYSTEM = "system", "Part of finobs itself"


class UnitKind(TextChoices):
    """What an org unit is, from the whole to the parts."""

    ORGANISATION = "organisation", "Organisation"
    LEGAL_ENTITY = "legal_entity", "Legal entity"
    BRANCH = "branch", "Branch"
    DESK = "desk", "Desk"
    BOOK = "book", "Book"


class SessionEndReason(TextChoices):
    """Why a session is over."""

    SIGNED_OUT = "signed_out", "Signed out"
    IDLE = "idle", "Not used for a while"
    AGE = "age", "Signed in for too long"
    CHANGED = "changed", "Password or roles changed"
    ENDED = "ended", "Ended by hand"
