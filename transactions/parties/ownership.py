"""Who owns a customer in the end: the tree of owners, and how much of the customer is each one's.

A share of a share is their product; who owns by several ways owns the sum. Where owners own each other in a circle, the
way is cut at the first who is met again: what such a circle owns of itself is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import QuerySet

from ..choices import RelationKind
from ..models import Customer, PartyRelation
from ..models.customers import WHOLE_SHARE

MAX_DEPTH = 8
# A tree is for people to read; what branches wider is cut, and says so.
MAX_NODES = 300


@dataclass(frozen=True, slots=True)
class OwnershipNode:
    """One owner on one way. share: of the one below, in basis points, None where it is not said. effective: of the
    customer at the root, by this way. is_cut: there are owners above that are not followed (a circle, or too many)."""

    customer: Customer
    relation: PartyRelation
    depth: int
    share: int | None
    effective: Fraction | None
    is_cut: bool = False

    @property
    def effective_share(self) -> int | None:
        return None if self.effective is None else in_basis_points(self.effective)


@dataclass(slots=True)
class OwnershipTree:
    """nodes: each after the one it owns, as a tree is read from its root. is_cut: some are left out."""

    nodes: list[OwnershipNode] = field(default_factory=list)
    is_cut: bool = False

    def effective_shares(self) -> list[tuple[Customer, int]]:
        """What each owner owns of the root over all ways, in basis points, the largest first."""
        shares: dict[int, Fraction] = {}
        customers = {}
        for node in self.nodes:
            if node.effective is not None:
                customers[node.customer.pk] = node.customer
                shares[node.customer.pk] = shares.get(node.customer.pk, Fraction()) + node.effective
        ordered = sorted(shares, key=lambda pk: (-shares[pk], pk))
        return [(customers[pk], in_basis_points(shares[pk])) for pk in ordered]


def in_basis_points(part: Fraction) -> int:
    """Rounded to the nearest, half to even."""
    return round(part * WHOLE_SHARE)


def ownership_tree_of(root: Customer, relations: QuerySet[PartyRelation]) -> OwnershipTree:
    """The owners of `root` by `relations`, which say who owns whom at one moment. One query for each level."""
    owners = _owners(root, relations.filter(kind=RelationKind.OWNS))
    tree = OwnershipTree()
    _add(tree, owners, root, 1, Fraction(1), (root.pk,))
    return tree


def _owners(root: Customer, relations: QuerySet[PartyRelation]) -> dict[int, list[PartyRelation]]:
    """By the customer who is owned, level by level."""
    owners: dict[int, list[PartyRelation]] = {}
    level: Iterable[int] = {root.pk}
    for _ in range(MAX_DEPTH + 1):
        pending = set(level) - owners.keys()
        if not pending or len(owners) > MAX_NODES:
            break
        owners |= {pk: [] for pk in pending}
        for each in relations.filter(other__in=pending).order_by("-share", "id"):
            owners[each.other_id].append(each)
        level = {each.customer_id for pk in pending for each in owners[pk]}
    return owners


def _add(
    tree: OwnershipTree, owners: dict[int, list[PartyRelation]], below: Customer, depth: int, part: Fraction | None,
    way: tuple[int, ...],
) -> None:  # fmt: skip
    for relation in owners.get(below.pk, []):
        if len(tree.nodes) >= MAX_NODES:
            tree.is_cut = True
            return
        owner, share = relation.customer, relation.share
        is_circle = owner.pk in way
        own = None if part is None or share is None or is_circle else part * Fraction(share, WHOLE_SHARE)
        goes_on = not is_circle and depth < MAX_DEPTH
        is_cut = is_circle or (depth >= MAX_DEPTH and bool(owners.get(owner.pk)))
        tree.nodes.append(OwnershipNode(owner, relation, depth, share, own, is_cut))
        tree.is_cut = tree.is_cut or (is_cut and not is_circle)
        if goes_on:
            _add(tree, owners, owner, depth + 1, own, (*way, owner.pk))
