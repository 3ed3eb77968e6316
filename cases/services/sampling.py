"""Which incidents are closed only with a second pair of eyes: a share, drawn when they are opened.

By the operating system's own randomness: whoever could tell what is drawn could choose what to close alone.
"""

from __future__ import annotations

import secrets


def is_drawn(percent: int) -> bool:
    """Is this one of so many in a hundred?"""
    return secrets.randbelow(100) < percent
