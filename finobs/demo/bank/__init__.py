"""The demo's bank: two synthetic legal entities, their customers and accounts, six months of payments, and stories.

All of it is made from a plan, without a database: the same plan gives the same world and the same payments.
"""

from .making import make_world
from .plan import BankPlan
from .rows import PAYMENT_FIELDS, payment_rows
from .world import World

__all__ = ["PAYMENT_FIELDS", "BankPlan", "World", "make_world", "payment_rows"]
