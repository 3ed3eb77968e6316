from django.db.models import TextChoices


class RequestState(TextChoices):
    PENDING = "pending", "Pending"
    USED = "used", "Approved and carried out"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    VOID = "void", "Void: the subject changed"


class Vote(TextChoices):
    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
