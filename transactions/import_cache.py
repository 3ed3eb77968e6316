"""What the batches of one import need not read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .models import Account, Counterparty, Party
from .row_validation import RepeatedTexts

P = TypeVar("P", bound=Party)
# Of accounts, and of counterparties: beyond it they are looked up batch by batch, as those of a request are.
MAX_PARTIES = 200_000


@dataclass(slots=True)
class ImportCache:
    """Of one source, for one import: it is given up with the import when a batch fails, committed or not.

    parties: accounts and counterparties by their external ids. Neither is ever renamed or deleted.
    texts: what repeated values of rows were read as.
    assessor: what the assessor keeps between batches; nobody else reads it.
    """

    parties: dict[type[Party], dict[str, Any]] = field(default_factory=lambda: {Account: {}, Counterparty: {}})
    texts: RepeatedTexts = field(default_factory=dict)
    assessor: object = None

    def missing(self, model: type[Party], names: Iterable[str]) -> set[str]:
        """Those of `names` that are not kept."""
        return set(names) - self.parties[model].keys()

    def with_kept(self, model: type[P], names: Iterable[str], parties: dict[str, P]) -> dict[str, P]:
        """The parties of all `names`: those that are kept, and the rest, `parties`, which is kept too from now on."""
        own = self.parties[model]
        if len(own) + len(parties) > MAX_PARTIES:
            return {name: own[name] for name in names if name in own} | parties
        own.update(parties)
        return own
