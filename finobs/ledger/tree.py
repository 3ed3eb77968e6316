"""The tree in the database: any full subtree from a few hundred rows, so that proofs cost the same at any size."""

from __future__ import annotations

from .merkle import TILE, consistency_path, inclusion_path, range_hash, root
from .models import TreeLeaf, TreeNode


def subtree(height: int, position: int) -> bytes:
    """The hash of one full subtree, from the nearest kept level below it."""
    level = height - height % TILE
    width = 1 << (height - level)
    start = position * width
    if level:
        rows = TreeNode.objects.filter(height=level, position__gte=start, position__lt=start + width).order_by(
            "position"
        )
        hashes = [bytes(value) for value in rows.values_list("hash", flat=True)]
    else:
        leaves = TreeLeaf.objects.filter(seq__gte=start, seq__lt=start + width).order_by("seq")
        hashes = [bytes(value) for value in leaves.values_list("leaf", flat=True)]
    if len(hashes) != width:
        raise LookupError(f"the tree has a gap under height {height}, position {position}")
    return root(hashes)


def root_at(size: int) -> bytes:
    """The root over the first `size` leaves. Raises LookupError where leaves are missing."""
    return range_hash(subtree, 0, size)


def inclusion(index: int, size: int) -> list[bytes]:
    """The audit path of a leaf in the tree of `size`."""
    return inclusion_path(subtree, index, size)


def consistency(old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` extends that of `old`."""
    return consistency_path(subtree, old, new)
