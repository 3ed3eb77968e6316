"""What came in, exactly once, and what could not be taken as it was."""

from .batches import Batch, LabelBatch, RowBatch
from .customers import AccountParty, Customer, CustomerProfile, PartyRelation
from .deliveries import (
    DeliveredRow,
    Delivery,
    DeliveryBatch,
    DeliveryFault,
    DeliveryFile,
    DeliverySchedule,
)
from .details import AccountDetails, CounterpartyDetails, PartyDetails
from .labels import Label, LabelContent, PastLabel
from .parties import Account, Counterparty, Party
from .payments import PaymentParties
from .quarantine import QuarantinedRow
from .rates import ExchangeRate, ExchangeRateBatch
from .resolutions import CounterpartyResolution
from .salts import new_salt
from .sources import Source
from .transactions import Transaction

__all__ = [
    "Account",
    "AccountDetails",
    "AccountParty",
    "Batch",
    "Counterparty",
    "CounterpartyDetails",
    "CounterpartyResolution",
    "Customer",
    "CustomerProfile",
    "DeliveredRow",
    "Delivery",
    "DeliveryBatch",
    "DeliveryFault",
    "DeliveryFile",
    "DeliverySchedule",
    "ExchangeRate",
    "ExchangeRateBatch",
    "Label",
    "LabelBatch",
    "LabelContent",
    "Party",
    "PartyDetails",
    "PartyRelation",
    "PastLabel",
    "PaymentParties",
    "QuarantinedRow",
    "RowBatch",
    "Source",
    "Transaction",
    "new_salt",
]
