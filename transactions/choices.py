from typing import Final

from django.db.models import TextChoices


class IngestMethod(TextChoices):
    REST = "rest", "REST API"
    FILE = "file", "File import"
    ADMIN = "admin", "Admin"
    RELEASE = "release", "Released from quarantine"


class PaymentMethod(TextChoices):
    """How money moved, whatever channel it was ordered by."""

    WIRE = "wire", "Wire"
    CASH = "cash", "Cash"
    CARD = "card", "Card"
    CHEQUE = "cheque", "Cheque"
    INSTANT = "instant", "Instant payment"
    INTERNAL = "internal", "Internal transfer"
    CRYPTO = "crypto", "Crypto-assets"
    OTHER = "other", "Other"


class AttributeType(TextChoices):
    """What a further column of a source holds."""

    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    DATE = "date", "Date"
    BOOLEAN = "boolean", "True or false"
    CODE = "code", "Code"


class AccountKind(TextChoices):
    CURRENT = "current", "Current account"
    SAVINGS = "savings", "Savings account"
    CARD = "card", "Card account"
    LOAN = "loan", "Loan"
    SECURITIES = "securities", "Securities account"
    WALLET = "wallet", "Wallet"
    OTHER = "other", "Other"


class AccountStatus(TextChoices):
    ACTIVE = "active", "Active"
    DORMANT = "dormant", "Dormant"
    BLOCKED = "blocked", "Blocked"
    CLOSED = "closed", "Closed"


class CounterpartyKind(TextChoices):
    PERSON = "person", "Person"
    ORGANISATION = "organisation", "Organisation"
    MERCHANT = "merchant", "Merchant"
    TERMINAL = "terminal", "Terminal"
    WALLET = "wallet", "Wallet"
    UNKNOWN = "unknown", "Not known"


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


class DeliveryState(TextChoices):
    """How much of what was expected is in."""

    EXPECTED = "expected", "Expected"
    INCOMPLETE = "incomplete", "On its way"
    COMPLETE = "complete", "Complete"
    LATE = "late", "Late"
    SHORT = "short", "Short"
    OVER = "over", "Over"


class DeliveryFaultKind(TextChoices):
    """What is wrong with a delivery."""

    LATE = "late", "Late"
    SHORT = "short", "Short"
    OVER = "over", "Over"
    REPEATED = "repeated", "The same file again"


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


class RateStatus(TextChoices):
    """What became of an exchange rate."""

    ACCEPTED = "accepted", "Accepted"
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
    METHOD = "method", "Unknown method"
    ATTRIBUTE = "attribute", "Unusable attribute"
    LABEL = "label", "Unusable label"
    CONFLICT = "conflict", "Known id with other content"
    REFERENCE = "reference", "Names what is not there"
    WORD = "word", "None of the words it may be"
    ERASED = "erased", "The customer was erased"


class RecordKind(TextChoices):
    """What rows are about, each with a way in of its own."""

    TRANSACTION = "transaction", "Transactions"
    CUSTOMER = "customer", "Customers"
    ACCOUNT_PARTY = "account_party", "Parties of accounts"
    RELATION = "relation", "Relations of customers"
    ACCOUNT = "account", "Accounts"
    COUNTERPARTY = "counterparty", "Counterparties"
    ALERT = "alert", "Alerts of other systems"


class CustomerKind(TextChoices):
    PERSON = "person", "Person"
    ORGANISATION = "organisation", "Organisation"


class RiskRating(TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    PROHIBITED = "prohibited", "Prohibited"


class PartyRole(TextChoices):
    """What a customer is to an account."""

    HOLDER = "holder", "Holder"
    JOINT_HOLDER = "joint_holder", "Joint holder"
    SIGNATORY = "signatory", "Signatory"
    BENEFICIAL_OWNER = "beneficial_owner", "Beneficial owner"


class RelationKind(TextChoices):
    """What a customer is to another one."""

    OWNS = "owns", "Owns"
    CONTROLS = "controls", "Controls"
    HOUSEHOLD = "household", "One household"
