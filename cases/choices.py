from typing import Final

from django.db.models import TextChoices


class ItemKind(TextChoices):
    """The two kinds of work items."""

    INCIDENT = "incident", "Incident"
    CASE = "case", "Case"


class CaseStatus(TextChoices):
    """Where the work is."""

    NEW = "new", "New"
    OPEN = "open", "Being worked"
    WAITING = "waiting", "Waiting"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    CLOSED = "closed", "Closed"


class IncidentStatus(TextChoices):
    """Where triage is."""

    NEW = "new", "New"
    OPEN = "open", "In triage"
    WAITING = "waiting", "Waiting"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    ESCALATED = "escalated", "Escalated"
    CLOSED = "closed", "Closed"


class IncidentOrigin(TextChoices):
    """What opened an incident."""

    DETECTION = "detection", "Detection"
    EXTERNAL = "external", "Another system"
    PERSON = "person", "Referral by a person"
    DELIVERY = "delivery", "Delivery of a feed"


class GatheringCause(TextChoices):
    """How an alert came into its incident."""

    OPENED = "opened", "Opened it"
    JOINED = "joined", "Joined it"
    SUCCESSOR = "successor", "Opened it, as successor of one that could take no more"


class GatheredBy(TextChoices):
    """What an alert shares with those that it was gathered with."""

    CUSTOMER = "customer", "same customer"
    ACCOUNT = "account", "same account"


class EntryCause(TextChoices):
    """What put a work item into a queue, or took it out."""

    ROUTED = "routed", "Routed"
    MOVED = "moved", "Moved"
    CHOSEN = "chosen", "Chosen by whoever opened it"
    CLOSED = "closed", "Closed"
    ESCALATED = "escalated", "Escalated"
    REOPENED = "reopened", "Reopened"


class SubjectRole(TextChoices):
    """What a party or an account is to a case."""

    SUBJECT = "subject", "Subject"
    VICTIM = "victim", "Victim"
    BENEFICIARY = "beneficiary", "Beneficiary"
    RELATED = "related", "Related"


class PolicyKind(TextChoices):
    """What a policy of work says."""

    PROGRAMME = "programme", "Programme"
    GATHERING = "gathering", "Gathering of alerts"
    ROUTING = "routing", "Routing to queues"
    ASSIGNMENT = "assignment", "Assignment to people"


class Disposition(TextChoices):
    """What was concluded: of the programmes that finobs ships; a programme may have others."""

    UNSET = "", "Not concluded"
    FALSE_POSITIVE = "false_positive", "False positive"
    NO_ACTION = "no_action", "Unusual, explained"
    CONFIRMED = "confirmed", "Confirmed suspicious"


class MachineOpinion(TextChoices):
    """What a model or an agent thinks. Never a conclusion."""

    NONE = "", "No opinion"
    PROBABLY_FALSE = "probable_false_positive", "Probably a false positive"
    INVESTIGATE = "investigate", "Investigate"
    ESCALATE = "escalate", "Escalate"


class ReasonCode(TextChoices):
    """Why that disposition, coded, so that it can be counted and learned from: of the shipped programmes."""

    KNOWN_PATTERN = "known_pattern", "Known behaviour of this customer"
    DOCUMENTED_SOURCE = "documented_source", "Source of funds documented"
    RULE_TOO_WIDE = "rule_too_wide", "Rule or model too wide"
    DATA_ERROR = "data_error", "Error in the data"
    CUSTOMER_EXPLAINED = "customer_explained", "Customer explained it credibly"
    STRUCTURING = "structuring", "Structuring"
    STOLEN_CREDENTIALS = "stolen_credentials", "Stolen card or credentials"
    COMPROMISED_TERMINAL = "compromised_terminal", "Compromised terminal"
    MONEY_MULE = "money_mule", "Money mule"
    OTHER_SUSPICION = "other_suspicion", "Other grounds for suspicion"


# Which reasons go with which conclusion, as shipped. Forms group by it; the service refuses what is not in it.
REASONS_BY_DISPOSITION: Final[dict[Disposition, tuple[ReasonCode, ...]]] = {
    Disposition.FALSE_POSITIVE: (ReasonCode.RULE_TOO_WIDE, ReasonCode.DATA_ERROR, ReasonCode.KNOWN_PATTERN),
    Disposition.NO_ACTION: (ReasonCode.KNOWN_PATTERN, ReasonCode.DOCUMENTED_SOURCE, ReasonCode.CUSTOMER_EXPLAINED),
    Disposition.CONFIRMED: (
        ReasonCode.STRUCTURING,
        ReasonCode.STOLEN_CREDENTIALS,
        ReasonCode.COMPROMISED_TERMINAL,
        ReasonCode.MONEY_MULE,
        ReasonCode.OTHER_SUSPICION,
    ),
}
