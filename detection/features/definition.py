"""What the statistics of account-1 are: their windows, their limits and their names (`online` defines the values)."""

from __future__ import annotations

DAY_MICROSECONDS = 86_400_000_000  # microseconds
WINDOWS = (1, 7, 30)
RISK_WINDOWS = (1, 3, 7, 14, 21, 30)
MAX_WINDOW = 30
# A transaction counts as looked at by somebody once it is this old; what is younger has had no time for an outcome.
LABEL_DELAY_DAYS = 7
HORIZON = MAX_WINDOW + LABEL_DELAY_DAYS
# Squares are summed as three exact parts of (high * 2^24 + low): amounts up to 2^47 minor units, beyond it cut.
LOW_BITS = 24
MAX_AMOUNT = (1 << 47) - 1
# No sum of a window says more than this: beyond it, two numbers would not fit into 64 bits any more.
MAX_SUM = 1 << 62

ACCOUNT = (
    *(f"account_{what}_{days}" for days in WINDOWS for what in ("count", "sum")),
    *(f"account_{part}_{days}" for days in (7, 30) for part in ("hh", "hl", "ll")),
    "account_since", "account_round_30", "account_frauds_7", "account_frauds_30", "pair_count_30", "country_count_30",
)  # fmt: skip
COUNTERPARTY = (
    *(f"counterparty_{what}_{days}" for days in WINDOWS for what in ("count", "sum")),
    *(f"counterparty_{part}_30" for part in ("hh", "hl", "ll")),
    "counterparty_since",
    *(f"counterparty_{what}_{days}" for days in RISK_WINDOWS for what in ("mature", "frauds")),
)
STATISTICS = (*ACCOUNT, *COUNTERPARTY)


# What people concluded of transactions is in these, be they statistics or features (`<entity>_<what>_<days>`). How many
# were due an outcome ("mature") is told from their age alone.
OUTCOME_PARTS = frozenset(("frauds", "risk", "rate"))


def rests_on_outcomes(name: str) -> bool:
    """Does this statistic or feature of account-1 tell of what people concluded about others' transactions?"""
    _, _, part = name.partition("_")
    return part.partition("_")[0] in OUTCOME_PARTS
