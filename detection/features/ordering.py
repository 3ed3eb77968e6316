"""Orders and dense numbers of whole-number keys, by one sort of 64-bit numbers: several times as fast as `argsort`.

numpy sorts int64 with vector instructions but sorts indexes one by one. So each key is put beside its place in one
number, where both fit (measured on 350,000 keys: 5 ms instead of 35).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

KEY_BITS = 63
# Two such numbers and a place among a million rows fit into 63 bits.
MAX_COMPACT = 1 << 21


def stable_order(keys: Ints) -> Ints:
    """The indexes that sort `keys`; equal ones stay in their order."""
    import numpy as np

    if bool((keys[1:] >= keys[:-1]).all()):
        return np.arange(len(keys))
    bits = len(keys).bit_length()
    packed = _packed(keys, bits)
    if packed is None:
        return np.argsort(keys, kind="stable")
    order: Ints = packed & ((1 << bits) - 1)
    return order


def is_in_order(time: Ints, ids: Ints) -> bool:
    """Whether they are sorted by (time, id) already."""
    before, after = time[:-1], time[1:]
    return bool(((after > before) | ((after == before) & (ids[1:] > ids[:-1]))).all())


def order_of_time(time: Ints, ids: Ints) -> Ints:
    """The indexes that sort by (time, id)."""
    import numpy as np

    if is_in_order(time, ids):
        return np.arange(len(time))
    by_id = stable_order(ids)
    return by_id[stable_order(time[by_id])]


def ends_of_runs(values: Ints) -> Ints:
    """Of sorted values: for each, how many are not greater."""
    import numpy as np

    if not len(values):
        return np.zeros(0, dtype=np.int64)
    is_last = np.append(values[1:] != values[:-1], True)
    ends = np.flatnonzero(is_last) + 1
    counts: Ints = ends[np.cumsum(is_last) - is_last]
    return counts


def compact(values: Ints) -> Ints:
    """Numbers from 0, in the order of the values, that are few enough to be multiplied: how far each is from the least,
    or, where they lie too far apart, which of the distinct ones it is."""
    if not len(values):
        return values
    least = int(values.min())
    return values - least if int(values.max()) - least < MAX_COMPACT else dense(values)


def dense(values: Ints, order: Ints | None = None) -> Ints:
    """Each value as its number among the distinct ones, in their order: 0, 1, 2... `order`: their stable order."""
    import numpy as np

    if not len(values):
        return np.zeros(0, dtype=np.int64)
    order = stable_order(values) if order is None else order
    ordered = values[order]
    numbers = np.empty(len(values), dtype=np.int64)
    numbers[order] = np.concatenate(([0], np.cumsum(ordered[1:] != ordered[:-1])))
    return numbers


def _packed(keys: Ints, bits: int) -> Ints | None:
    """Sorted, each with its place in the low bits; None where the two do not fit into one number."""
    import numpy as np

    least = int(keys.min())
    if (int(keys.max()) - least).bit_length() + bits > KEY_BITS:
        return None
    packed = ((keys - least) << bits) | np.arange(len(keys))
    packed.sort()
    return packed
