"""The Merkle tree of RFC 6962 and RFC 9162: roots, batches, proofs and strict verifiers. Pure functions of hashes.

Leaves are given as leaf *hashes* (32 bytes). A tree is anything that answers "the hash of the full subtree of this
height at this position", so that proofs over millions of leaves read a few hundred rows (`services.proofs`).

An audit path says nothing of the size beyond the path's shape: the signed checkpoint binds size and root together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
# Every full subtree of 2**8, 2**16, ... leaves is kept, so that proofs need not hash the whole log.
TILE = 8

Subtree = Callable[[int, int], bytes]
"""(height, position) -> hash of the full subtree over leaves [position * 2**height, (position + 1) * 2**height)."""


def leaf_hash(body: bytes) -> bytes:
    """RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Node:
    """A full subtree that has just been completed."""

    height: int
    position: int
    hash: bytes


@dataclass(slots=True)
class Frontier:
    """The full subtrees at the right edge: all that is needed to append, 32 bytes for each bit set in `size`."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[Node]:
        """Append one leaf hash; returns the completed subtrees whose height is a multiple of TILE."""
        if len(leaf) != HASH_SIZE:
            raise ValueError("a leaf hash has 32 bytes")
        done: list[Node] = []
        carry, size, height = leaf, self.size, 0
        while size & 1:
            carry = hashlib.sha256(b"\x01" + self.peaks.pop() + carry).digest()
            size >>= 1
            height += 1
            if not height % TILE:
                done.append(Node(height, size, carry))
        self.peaks.append(carry)
        self.size += 1
        return done

    def extend(self, leaves: Iterable[bytes]) -> list[Node]:
        """Append a batch."""
        return [node for leaf in leaves for node in self.append(leaf)]

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        edge = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            edge = node_hash(peak, edge)
        return edge

    def pack(self) -> bytes:
        return b"".join(self.peaks)

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> Frontier:
        """The frontier that `pack` wrote at `size`. Raises ValueError if it cannot be one."""
        if size < 0 or len(packed) != size.bit_count() * HASH_SIZE:
            raise ValueError(f"a frontier of {len(packed)} bytes does not belong to a tree of {size}")
        return cls(size, [packed[at : at + HASH_SIZE] for at in range(0, len(packed), HASH_SIZE)])


def root(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes; SHA-256 of nothing for an empty tree."""
    level = list(hashes)
    if not all(len(each) == HASH_SIZE for each in level):
        raise ValueError("a leaf hash has 32 bytes")
    while len(level) > 1:
        # Who has no neighbour goes up as it is: so each left subtree is full, as the RFC splits it.
        alone = level[-1:] if len(level) % 2 else []
        level = [*map(node_hash, level[0::2], level[1::2]), *alone]
    return level[0] if level else EMPTY_ROOT


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree over `hashes` (RFC 9162, 2.1.3.1)."""
    return inclusion_path(_listed(hashes), index, len(hashes))


def consistency_proof(hashes: Sequence[bytes], old: int) -> list[bytes]:
    """The proof that the tree over `hashes` extends the one over its first `old` (RFC 9162, 2.1.4.1)."""
    return consistency_path(_listed(hashes), old, len(hashes))


def inclusion_path(subtree: Subtree, index: int, size: int) -> list[bytes]:
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, width = 0, size
    while width > 1:
        split = _split(width)
        if index - start < split:
            path.append(range_hash(subtree, start + split, width - split))
            width = split
        else:
            path.append(range_hash(subtree, start, split))
            start, width = start + split, width - split
    return path[::-1]


def consistency_path(subtree: Subtree, old: int, size: int) -> list[bytes]:
    if not 1 <= old <= size:
        raise ValueError(f"no tree of {old} before one of {size}")
    path: list[bytes] = []
    start, width, left = 0, size, old
    while left != width:
        split = _split(width)
        if left <= split:
            path.append(range_hash(subtree, start + split, width - split))
            width = split
        else:
            path.append(range_hash(subtree, start, split))
            start, width, left = start + split, width - split, left - split
    if start:
        path.append(range_hash(subtree, start, width))
    return path[::-1]


def range_hash(subtree: Subtree, start: int, width: int) -> bytes:
    """The hash over `width` leaves from `start`, where `start` is a multiple of the next power of two of `width`."""
    if not width:
        return EMPTY_ROOT
    if width & (width - 1) == 0:
        height = width.bit_length() - 1
        return subtree(height, start >> height)
    split = _split(width)
    return node_hash(range_hash(subtree, start, split), range_hash(subtree, start + split, width - split))


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Is `leaf` the leaf hash at `index` of the tree of `size` with `root`? (RFC 9162, 2.1.3.2, strict)"""
    if not 0 <= index < size or not _all_hashes(leaf, root, *proof):
        return False
    place, last, edge = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            edge = node_hash(sibling, edge)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            edge = node_hash(edge, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and edge == root


def verify_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does the tree of `new` leaves extend the tree of `old`? (RFC 9162, 2.1.4.2, strict)"""
    if not 1 <= old <= new or not _all_hashes(old_root, new_root, *proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << (width - 1).bit_length() - 1


def _listed(hashes: Sequence[bytes]) -> Subtree:
    return lambda height, position: root(hashes[position << height : (position + 1) << height])


def _all_hashes(*values: bytes) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_SIZE for value in values)
