"""Where sessions are kept: Django's table, under a digest of the key. Only the browser's cookie has the key itself.

So what a copy of the database holds of a session does not sign in. The register (`UserSession`) knows it by the same.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends import db

from finobs.core import clock

if TYPE_CHECKING:
    from django.contrib.sessions.base_session import AbstractBaseSession
    from django.db.models import QuerySet

# 160 of 256 bits are what Django's column takes; a key has 165, so that it is not the digest that could be guessed.
MAX_DIGEST_LENGTH = 40


def key_digest(key: str | None) -> str:
    """What stands for the session key `key` in the table, and in the register."""
    return hashlib.sha256((key or "").encode()).hexdigest()[:MAX_DIGEST_LENGTH]


class SessionStore(db.SessionStore):
    """Django's, but for what the table is asked and told; `session_key` stays the key of the cookie."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        row = self._rows().first()
        if row is None:
            self._session_key = None
        return row

    async def _aget_session_from_db(self) -> AbstractBaseSession | None:
        row = await self._rows().afirst()
        if row is None:
            self._session_key = None
        return row

    def _rows(self) -> QuerySet[AbstractBaseSession]:
        return self.model.objects.filter(session_key=key_digest(self.session_key), expire_date__gt=clock.now())

    def exists(self, session_key: str) -> bool:
        return bool(super().exists(key_digest(session_key)))

    async def aexists(self, session_key: str) -> bool:
        return bool(await super().aexists(key_digest(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _under_digest(super().create_model_instance(data))

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _under_digest(await super().acreate_model_instance(data))

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(key_digest(key))

    async def adelete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            await super().adelete(key_digest(key))


def _under_digest(row: AbstractBaseSession) -> AbstractBaseSession:
    row.session_key = key_digest(row.session_key)
    return row
