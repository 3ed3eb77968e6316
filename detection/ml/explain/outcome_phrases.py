"""The words by which a reason tells of what people concluded about other transactions.

Reasons are kept as text, with their alerts and in the ledger, for years: so they are told apart by their words. Every
sentence that rests on outcomes is written with one of these, and no other one has them; a test goes through all.
"""

from __future__ import annotations

from typing import Final

CONFIRMED: Final = "confirmed suspicious"
RESEMBLANCE: Final = "Similar to confirmed cases"
# As it was written at first: in alerts and the ledger it stays.
FORMER_RESEMBLANCE: Final = "It resembles what people confirmed before"


def tells_of_outcomes(text: str) -> bool:
    """Does this reason rest on what people concluded about other transactions?"""
    return any(phrase in text for phrase in (CONFIRMED, RESEMBLANCE, FORMER_RESEMBLANCE))
