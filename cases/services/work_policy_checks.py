"""What a document of a policy names must be there, and what has been used must not go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from finobs.accounts.choices import UserKind
from finobs.accounts.models import OrgUnit, User
from finobs.core.errors import Invalid
from transactions.models import Source

from ..choices import PolicyKind
from ..models import Queue
from ..policies.in_force import programmes
from ..policies.programmes import typology_labels

# (path, what it names, what that should be)
Name = tuple[str, Any, str]
PROGRAMME_PARTS: Final = ("typologies", "dispositions", "reason_codes")


def require_valid(kind: str, slug: str, content: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
    """Check a document, read by its form, against what there is and what was in force. Raises Invalid by path."""
    wrong = _programme_faults(slug, content, before) if kind == PolicyKind.PROGRAMME else {}
    names = list(_names(kind, content))
    present = {what: _PRESENT[what]({name for _, name, of in names if of == what}) for what in {of for *_, of in names}}
    for path, name, what in names:
        if name not in present[what]:
            wrong.setdefault(path, []).append(f"There is no {what} {name!r}.")
    if wrong:
        raise Invalid(fields=wrong)


def _programme_faults(slug: str, content: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Codes stay for ever, and a typology is of one programme."""
    wrong: dict[str, list[str]] = {}
    for part in PROGRAMME_PARTS if before else ():
        assert before is not None
        removed = [row["code"] for row in before[part] if row["code"] not in {each["code"] for each in content[part]}]
        if removed:
            wrong[f"content.{part}"] = [f"Codes are never removed, only set inactive: {', '.join(removed)}."]
    others = [each for each in programmes() if each.slug != slug]
    owners = {row["code"]: each.name for each in others for row in each.content["typologies"]}
    for number, row in enumerate(content["typologies"]):
        if row["code"] in owners:
            wrong[f"content.typologies.{number}.code"] = [f"{owners[row['code']]} has this typology."]
    return wrong


def _names(kind: str, content: Mapping[str, Any]) -> Iterator[Name]:
    """Everything that the document names which is kept elsewhere."""
    if kind == PolicyKind.GATHERING:
        for part in ("exceptions", "escalate"):
            for number, row in enumerate(content[part]):
                yield from _each(f"content.{part}.{number}.typologies", row.get("typologies"), "typology")
    if kind == PolicyKind.ROUTING:
        for number, rule in enumerate(content["rules"]):
            yield from _of_rule(f"content.rules.{number}", rule)
    if kind == PolicyKind.ASSIGNMENT:
        for number, row in enumerate(content["automatic"]):
            yield f"content.automatic.{number}.queue", row["queue"], "queue"
        for number, row in enumerate(content["absent"]):
            yield f"content.absent.{number}.person", row["person"], "person"


def _of_rule(path: str, rule: Mapping[str, Any]) -> Iterator[Name]:
    yield f"{path}.queue", rule["queue"], "queue"
    when = rule["when"]
    if "programme" in when:
        yield f"{path}.when.programme", when["programme"], "programme"
    for name, what in (("typologies", "typology"), ("units", "unit"), ("sources", "source")):
        yield from _each(f"{path}.when.{name}", when.get(name), what)


def _each(path: str, names: Collection[str] | None, what: str) -> Iterator[Name]:
    for number, name in enumerate(names or ()):
        yield f"{path}.{number}", name, what


def _slugs(model: Any) -> Callable[[Collection[Any]], Collection[Any]]:
    return lambda names: set(model.objects.filter(slug__in=names).values_list("slug", flat=True))


def _people(keys: Collection[Any]) -> Collection[Any]:
    return set(User.objects.filter(pk__in=keys, kind=UserKind.HUMAN).values_list("pk", flat=True))


_PRESENT: Final[Mapping[str, Callable[[Collection[Any]], Collection[Any]]]] = {
    "typology": lambda _: set(typology_labels()),
    "programme": lambda _: {each.slug for each in programmes()},
    "queue": _slugs(Queue),
    "source": _slugs(Source),
    "unit": lambda codes: set(OrgUnit.objects.filter(code__in=codes).values_list("code", flat=True)),
    "person": _people,
}
