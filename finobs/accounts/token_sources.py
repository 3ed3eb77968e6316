"""Which sources a token may be bound to: whoever keeps sources says so, since accounts knows none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

# Whoever makes the token, to the (slug, name) of each source that they may read or feed.
Offer = Callable[[Any], Sequence[tuple[str, str]]]

_offer: Offer | None = None


def register(offer: Offer) -> None:
    """Install what knows the sources. Called from AppConfig.ready()."""
    global _offer
    _offer = offer


def offered(user: Any) -> Sequence[tuple[str, str]]:
    """The sources, as (slug, name), that a token which `user` makes may be bound to."""
    return () if _offer is None else _offer(user)
