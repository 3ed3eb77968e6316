"""Generated transactions for files and benchmarks: people with habits, and labelled typologies hidden among them.

The demo has customers and accounts, and is made by `finobs.demo.bank`.

The same (seed, size, accounts, days, end) gives the same rows, in the order of time, in memory bounded by one day.
"""

from .rows import GENERATED_FIELDS, Plan, generate

__all__ = ["GENERATED_FIELDS", "Plan", "generate"]
