"""The tree against the definition of RFC 6962 and against every single-bit mutation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finobs.ledger import merkle

LARGEST = 70
LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(LARGEST)]


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def defined_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*defined_path(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined_root(leaves[:k])]


def defined_consistency(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [defined_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*defined_consistency(m, leaves[:k], whole), defined_root(leaves[k:])]
    return [*defined_consistency(m - k, leaves[k:], False), defined_root(leaves[:k])]


def flipped(value: bytes) -> Iterator[bytes]:
    """Every single-bit mutation of bytes."""
    for bit in range(len(value) * 8):
        mutated = bytearray(value)
        mutated[bit // 8] ^= 1 << bit % 8
        yield bytes(mutated)


def flipped_number(value: int) -> Iterator[int]:
    """Every single-bit mutation of a number of 64 bits."""
    for bit in range(64):
        yield value ^ (1 << bit)


def turns(index: int, size: int) -> list[str]:
    """On which side each sibling stands: all that an audit path can know of its size."""
    if size == 1:
        return []
    k = 1
    while k * 2 < size:
        k *= 2
    return [*turns(index, k), "right"] if index < k else [*turns(index - k, size - k), "left"]


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_the_root_is_the_one_that_the_rfc_defines(size):
    assert merkle.root(LEAVES[:size]) == defined_root(LEAVES[:size])


def test_the_empty_root_and_the_known_roots_of_certificate_transparency_hold():
    """The reference values of the RFC 6962 implementations (leaf inputs of the certificate-transparency tests)."""
    inputs = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                               "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, expected in enumerate(roots, start=1):
        assert merkle.root([merkle.leaf_hash(data) for data in inputs[:size]]).hex() == expected


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_leaf_of_every_tree_has_the_proof_that_the_rfc_defines_and_it_verifies(size):
    leaves, root = LEAVES[:size], defined_root(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        assert proof == defined_path(index, leaves)
        assert merkle.verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)
        for other in range(size):
            verified = merkle.verify_inclusion(leaf=leaves[index], index=other, size=size, proof=proof, root=root)
            assert verified == (other == index)


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_old_size_has_the_consistency_proof_that_the_rfc_defines_and_it_verifies(size):
    leaves, new_root = LEAVES[:size], defined_root(LEAVES[:size])
    for old in range(1, size + 1):
        proof = merkle.consistency_proof(leaves, old)
        assert proof == defined_consistency(old, leaves)
        for claimed in range(size + 1):
            verified = merkle.verify_consistency(
                old=claimed, new=size, old_root=defined_root(LEAVES[:claimed]), new_root=new_root, proof=proof
            )
            assert verified == (claimed == old)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 11, 16, 33, 64, 70])
def test_every_single_bit_mutation_of_an_inclusion_proof_fails(size):
    leaves, root = LEAVES[:size], defined_root(LEAVES[:size])
    for index in {0, size // 2, size - 1}:
        good: dict[str, Any] = {"leaf": leaves[index], "index": index, "size": size, "root": root,
                "proof": merkle.inclusion_proof(leaves, index)}  # fmt: skip
        assert merkle.verify_inclusion(**good)
        for name in ("leaf", "root"):
            assert not any(merkle.verify_inclusion(**{**good, name: bad}) for bad in flipped(good[name]))
        assert not any(merkle.verify_inclusion(**{**good, "index": bad}) for bad in flipped_number(index))
        for step, sibling in enumerate(good["proof"]):
            for bad in flipped(sibling):
                mutated = [*good["proof"][:step], bad, *good["proof"][step + 1 :]]
                assert not merkle.verify_inclusion(**{**good, "proof": mutated})
        for mutated_size in flipped_number(size):
            same_shape = index < mutated_size < 2**10 and turns(index, mutated_size) == turns(index, size)
            assert merkle.verify_inclusion(**{**good, "size": mutated_size}) == same_shape


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 3), (3, 7), (4, 7), (6, 7), (7, 8), (8, 8), (33, 70), (64, 70)])
def test_every_single_bit_mutation_of_a_consistency_proof_fails(old, new):
    good: dict[str, Any] = {"old": old, "new": new, "old_root": defined_root(LEAVES[:old]), "new_root": defined_root(LEAVES[:new]),
            "proof": merkle.consistency_proof(LEAVES[:new], old)}  # fmt: skip
    assert merkle.verify_consistency(**good)
    for name in ("old_root", "new_root"):
        assert not any(merkle.verify_consistency(**{**good, name: bad}) for bad in flipped(good[name]))
    for step, sibling in enumerate(good["proof"]):
        for bad in flipped(sibling):
            assert not merkle.verify_consistency(
                **{**good, "proof": [*good["proof"][:step], bad, *good["proof"][step + 1 :]]}
            )
    assert not any(merkle.verify_consistency(**{**good, "old": bad}) for bad in flipped_number(old))


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 13])
def test_a_truncated_or_longer_proof_fails(size):
    leaves, root = LEAVES[:size], defined_root(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        claims = [[*proof, root], [*proof, b""], [root, *proof], [*proof, LEAVES[-1]]]
        claims += [proof[:-1], proof[1:]] if proof else []
        for claim in claims:
            assert not merkle.verify_inclusion(leaf=leaves[index], index=index, size=size, proof=claim, root=root)


def test_what_is_not_exactly_a_hash_is_refused():
    leaves = LEAVES[:2]
    good: dict[str, Any] = {
        "leaf": leaves[0],
        "index": 0,
        "size": 2,
        "proof": [leaves[1]],
        "root": defined_root(leaves),
    }
    assert merkle.verify_inclusion(**good)
    for bad in (b"", leaves[0][:31], leaves[0] + b"\0"):
        assert not merkle.verify_inclusion(**{**good, "leaf": bad})
        assert not merkle.verify_inclusion(**{**good, "root": bad})
        assert not merkle.verify_inclusion(**{**good, "proof": [bad]})
    assert not merkle.verify_inclusion(leaf=b"", index=0, size=1, proof=[], root=b"")
    assert not merkle.verify_consistency(old=1, new=1, old_root=b"", new_root=b"", proof=[])


def test_an_old_size_below_one_proves_nothing():
    empty, root = merkle.EMPTY_ROOT, defined_root(LEAVES[:3])
    for old in (0, -1):
        for proof in ([], [root], [empty]):
            assert not merkle.verify_consistency(old=old, new=3, old_root=empty, new_root=root, proof=proof)
    assert not merkle.verify_consistency(old=0, new=0, old_root=empty, new_root=empty, proof=[])
    with pytest.raises(ValueError, match="no tree of 0"):
        merkle.consistency_proof(LEAVES[:3], 0)
    with pytest.raises(ValueError, match="no leaf 3"):
        merkle.inclusion_proof(LEAVES[:3], 3)


def test_a_frontier_goes_on_from_what_it_packed_and_refuses_what_is_not_its_own():
    frontier = merkle.Frontier()
    for size in range(LARGEST):
        assert merkle.Frontier.unpack(size, frontier.pack()).root() == defined_root(LEAVES[:size])
        frontier.append(LEAVES[size])
    with pytest.raises(ValueError, match="does not belong"):
        merkle.Frontier.unpack(LARGEST + 1, frontier.pack() + b"x")
    with pytest.raises(ValueError, match="32 bytes"):
        frontier.append(b"short")


def test_completed_tiles_are_reported_with_their_place_and_hash():
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(700)]
    nodes = merkle.Frontier().extend(leaves)
    assert [(node.height, node.position) for node in nodes] == [(8, 0), (8, 1)]
    assert nodes[1].hash == defined_root(leaves[256:512])


@settings(max_examples=60)
@given(st.lists(st.lists(st.binary(max_size=40), max_size=30), min_size=1, max_size=8), st.data())
def test_random_batches_give_the_tree_of_all_and_proofs_between_all_their_sizes(batches, data):
    frontier, leaves, roots = merkle.Frontier(), [], {}
    for batch in batches:
        hashes = [merkle.leaf_hash(body) for body in batch]
        frontier.extend(hashes)
        leaves += hashes
        roots[len(leaves)] = frontier.root()
        assert frontier.root() == defined_root(leaves)
    sizes = sorted(size for size in roots if size)
    for old in sizes:
        for new in (size for size in sizes if size >= old):
            proof = merkle.consistency_proof(leaves[:new], old)
            claim: dict[str, Any] = {
                "old": old,
                "new": new,
                "old_root": roots[old],
                "new_root": roots[new],
                "proof": proof,
            }
            assert merkle.verify_consistency(**claim)
            if proof:
                step = data.draw(st.integers(0, len(proof) - 1))
                bad = data.draw(st.sampled_from(list(flipped(proof[step]))))
                claim["proof"] = [*proof[:step], bad, *proof[step + 1 :]]
                assert not merkle.verify_consistency(**claim)
