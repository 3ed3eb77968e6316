"""What a feature set is, and how one row of it is written down."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .columns import Columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureSet:
    """`build` gives an (n, len(names)) float32 array; NaN is a value that is not known.

    `statistics` are the whole numbers of each row's history that `build` reads from `columns.history`; none for a
    set that looks at the row alone. `outcomes`: those of the features and statistics that tell what people concluded of
    other transactions; whoever may not read that is not told their values (`ml.explain.redaction`).
    """

    name: str
    names: tuple[str, ...]
    build: Callable[[Columns], NDArray[np.float32]]
    statistics: tuple[str, ...] = ()
    outcomes: frozenset[str] = frozenset()

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256("\n".join((self.name, *self.names)).encode()).hexdigest()

    def indexes(self, names: Sequence[str]) -> list[int]:
        """Where these features stand. Raises ValueError for one that the set has not."""
        return [self.names.index(name) for name in names]


def as_text(names: Sequence[str], vector: Any) -> dict[str, str | None]:
    """One row as a snapshot keeps it: shortest text that gives the same float32 again; not known is null."""
    return {name: None if value != value else str(value) for name, value in zip(names, vector, strict=True)}


def from_text(names: Sequence[str], texts: Mapping[str, str | None]) -> NDArray[np.float32]:
    """The (1, n) array of a vector kept as text, in the set's order: a database may keep the keys in another."""
    import numpy as np

    ordered = (texts[name] for name in names)
    return np.array([[np.nan if text is None else np.float32(text) for text in ordered]], dtype=np.float32)
