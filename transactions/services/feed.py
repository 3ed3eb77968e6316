"""Who may bring rows of any kind into a source."""

from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import NotFound

from ..missing_source import no_source
from ..models import Source


def require_feed(actor: User, action: str, source: Source) -> None:
    """Raise NotFound, in the words for a source that is not there, where it is not theirs to see; else NotAllowed."""
    try:
        access.require(actor, action, source)
    except NotFound:
        raise NotFound(no_source(source.slug)) from None
