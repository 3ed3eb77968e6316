"""What people do with customers: correct what is said of them, tie and untie, resolve to them, erase."""

from .account_party import account_party_add, account_party_end, account_party_withdraw
from .counterparty_resolve import counterparty_resolve, counterparty_unresolve
from .customer_correct import customer_correct
from .customer_erase import customer_erase, customer_erase_approved
from .relation import relation_add, relation_end, relation_withdraw

__all__ = [
    "account_party_add",
    "account_party_end",
    "account_party_withdraw",
    "counterparty_resolve",
    "counterparty_unresolve",
    "customer_correct",
    "customer_erase",
    "customer_erase_approved",
    "relation_add",
    "relation_end",
    "relation_withdraw",
]
