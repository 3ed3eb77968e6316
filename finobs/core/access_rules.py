"""What each action on each model asks for: the table that `access` reads, filled by the apps when they start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What one action on one model asks for.

    permission: named role permission, such as "compliance:read".
    grants: object grants, any of which is enough, such as ("view", "work", "lead"); empty: none is asked.
    anchors: paths from the model to what grants hang on; "" is the object itself.
    scope: what a scoped token must name besides, where the role permission only reads and grants let people write.
    source: the path to the source that the row came by, "" for the source itself, or several paths of which one leads
    there; None: it came by none, so that no token which is bound to sources reaches it.
    companions: relations to rows that must be visible too, by their own rules: what ties two says something of both.
    """

    permission: str
    grants: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ("",)
    scope: str = ""
    source: str | tuple[str, ...] | None = None
    companions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantTree:
    """closure: the model of each node (`unit`) with each that it is in (`ancestor`). root: the id of the whole."""

    closure: type[Model]
    root: Any


_rules: dict[tuple[type[Model], str], AccessRule] = {}
_trees: dict[type[Model], GrantTree] = {}
# Model to the name of the relation to the node of a tree that its rows hang in.
_containers: dict[type[Model], str] = {}


def register(model: type[Model], **rules: AccessRule) -> None:
    """Say what each action on `model` asks for. Called from AppConfig.ready()."""
    for action, rule in rules.items():
        _rules[(model, action)] = rule


def narrow(model: type[Model], action: str, *, grants: tuple[str, ...], anchors: tuple[str, ...]) -> None:
    """Ask for grants too, on something an upper app knows (an alert is seen by those who see its case)."""
    # The permission stays the lower app's: an upper app can ask for more, never for less (decision 6).
    _rules[(model, action)] = replace(rule_for(model, action), grants=grants, anchors=anchors)


def register_tree(model: type[Model], *, closure: type[Model], root: Any) -> None:
    """Say that a grant on a row of `model` holds for all rows below it: `root` is the id of the one above all."""
    _trees[model] = GrantTree(closure, root)


def register_container(model: type[Model], *, path: str) -> None:
    """Say that whoever holds a grant on what `path` leads to, a node of a tree, holds it on rows of `model` there."""
    _containers[model] = path


def rule_for(model: type[Model], action: str) -> AccessRule:
    for base in model.__mro__:
        if (base, action) in _rules:
            return _rules[(base, action)]
    raise ImproperlyConfigured(f"no policy says who may {action} {model._meta.label}")


def rules() -> dict[tuple[type[Model], str], AccessRule]:
    """The whole table, for documentation and for the url matrix."""
    return dict(_rules)


def tree_of(model: type[Model]) -> GrantTree | None:
    """The tree that the rows of `model` are the nodes of."""
    return _trees.get(model)


def container_path(model: type[Model]) -> str | None:
    """The relation to the node that the rows of `model` hang in."""
    return _containers.get(model)


def anchor_model(model: type[Model], anchor: str) -> type[Model]:
    """The model that the path `anchor` leads to; "" is the model itself. Raises ImproperlyConfigured."""
    for step in filter(None, anchor.split("__")):
        related = model._meta.get_field(step).related_model
        if related is None or isinstance(related, str):
            raise ImproperlyConfigured(f"{model._meta.label} has no relation {anchor}")
        model = related
    return model
