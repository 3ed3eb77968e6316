from typing import Final

from django.db.models import TextChoices


class Outcome(TextChoices):
    """What finobs answers to a transaction, from mild to severe."""

    APPROVE = "approve", "Approve"
    REVIEW = "review", "Review"
    BLOCK = "block", "Block"


SEVERITY: Final = {Outcome.APPROVE: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


class AlertSeverity(TextChoices):
    """How grave another system calls what it raised."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"
    REVIEW = "review", "Review"
    BLOCK = "block", "Block"


# What asks finobs to stop something; everything else is for review.
BLOCKING: Final = (AlertSeverity.CRITICAL, AlertSeverity.BLOCK)


class ModelStage(TextChoices):
    CANDIDATE = "candidate", "Candidate"
    SHADOW = "shadow", "Shadow"
    CHALLENGER = "challenger", "Challenger"
    CHAMPION = "champion", "Champion"
    RETIRED = "retired", "Retired"


class ModelRole(TextChoices):
    """What a model is for. One of each role may be in force."""

    ANOMALY = "anomaly", "Anomaly"  # how unusual a transaction is; learns without outcomes
    SUPERVISED = "supervised", "Supervised"  # how likely it is to be confirmed; learns from outcomes


class RuleKind(TextChoices):
    AMOUNT = "amount", "Amount over a limit"
    ATTRIBUTE = "attribute", "Attribute of a source"


class Typology(TextChoices):
    LARGE_AMOUNT = "large_amount", "Large amount"
    UNUSUAL = "unusual_activity", "Unusual activity"
    STRUCTURING = "structuring", "Structuring"
    COMPROMISED_TERMINAL = "compromised_terminal", "Compromised terminal"
    LEAKED_CARD = "leaked_card", "Leaked card"
    RAPID_IN_OUT = "rapid_in_out", "Rapid in and out"
    DORMANT = "dormant_account", "Dormant account"
    ROUND_AMOUNTS = "round_amounts", "Round amounts"
