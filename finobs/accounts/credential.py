"""What somebody signed in with, carried by the instance of `User` that acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """A session or an API token by its row, or a JWT. Whoever acts with none of them acts as they are.

    binds_epoch: it is over as soon as its owner's `session_epoch` rises; an API token is not.
    expires_at: of a JWT; rows know by themselves.
    """

    session_id: int | None = None
    token_id: int | None = None
    binds_epoch: bool = True
    expires_at: datetime | None = None


NO_CREDENTIAL = Credential()
