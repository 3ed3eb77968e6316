"""The forms of an item's page, each with what it offers to this person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.forms import Form
from django.utils import timezone

from finobs.core import clock

from .. import selectors
from ..forms import AssignForm, CloseForm, EscalateForm, MoveForm, NoteForm, ReopenForm, SubjectAddForm, WaitForm
from ..models import WorkItem
from ..waiting import next_morning

FormMaker = Callable[[Any, Any, dict[str, Any]], Form]


def _assign(user: Any, item: Any, arguments: dict[str, Any]) -> Form:
    return AssignForm(people=selectors.people_for_assign(user, item), **arguments)


def _move(user: Any, item: Any, arguments: dict[str, Any]) -> Form:
    return MoveForm(queues=selectors.queues_for_move(user, item), **arguments)


def _escalate(user: Any, item: Any, arguments: dict[str, Any]) -> Form:
    return EscalateForm(cases=selectors.open_cases_about(user, item), **arguments)


def _close(user: Any, item: Any, arguments: dict[str, Any]) -> Form:
    return CloseForm(draft=f"close-{item.reference}", typology=item.typology, **arguments)


def _wait(_user: Any, _item: Any, arguments: dict[str, Any]) -> Form:
    initial = {"until": next_morning(timezone.localtime(clock.now()))} | arguments.get("initial", {})
    return WaitForm(**{**arguments, "initial": initial})


def _reopen(_user: Any, _item: Any, arguments: dict[str, Any]) -> Form:
    return ReopenForm(**arguments)


def _subject_add(user: Any, _item: Any, arguments: dict[str, Any]) -> Form:
    return SubjectAddForm(user=user, **arguments)


FORMS: Final[Mapping[str, FormMaker]] = {
    "close": _close,
    "assign": _assign,
    "move": _move,
    "escalate": _escalate,
    "wait": _wait,
    "reopen": _reopen,
    "subject_add": _subject_add,
}


def item_form(name: str, user: Any, item: WorkItem, data: Any = None) -> Form:
    """The form of one action, filled with `data` where something was typed."""
    return FORMS[name](user, item, {"data": data} if data is not None else {"initial": {"version": item.version}})


def item_forms(user: Any, item: WorkItem, names: set[str]) -> dict[str, Form]:
    """The forms of what can be done now, by the names that the templates know; and that of notes."""
    forms: dict[str, Form] = {f"{name}_form": item_form(name, user, item) for name in FORMS if name in names}
    return forms | {"note_form": NoteForm(draft=f"note-{item.reference}")}
