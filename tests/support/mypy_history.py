"""A mypy plugin: a row whose model keeps history is written by `core.history` only, whatever its variable is called.

The model is what mypy takes it for. `tests.support.history_guard` looks at the same while the tests run, where also
rows are seen that the annotations say nothing of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy.errorcodes import ErrorCode
from mypy.plugin import MethodSigContext, Plugin
from mypy.types import FunctionLike, Instance, Type, get_proper_type

SAVED_AROUND_HISTORY: Final = ErrorCode("history", "A row is saved without its history", "finobs")
ROW_METHODS: Final = frozenset({"save", "delete", "asave", "adelete"})
QUERYSET_METHODS: Final = frozenset(
    {prefix + name for prefix in ("", "a") for name in (
        "create", "get_or_create", "update_or_create", "update", "delete", "bulk_create", "bulk_update",
    )}
)  # fmt: skip
# Tests and their factories set scenes that no service would. `createsuperuser` makes the first person, in nobody's name.
EXCEPTIONS: Final = ("/tests/", "conftest.py", "finobs/accounts/models.py")


class HistoryPlugin(Plugin):
    """Looks at every call of a method that writes rows."""

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        return _check if fullname.rpartition(".")[2] in ROW_METHODS | QUERYSET_METHODS else None


def _check(context: MethodSigContext) -> FunctionLike:
    model = _model(context.type)
    path = f"/{context.api.path}"
    if model and not any(part in path for part in EXCEPTIONS):
        context.api.fail(f"{model} keeps history: use finobs.core.history", context.context, code=SAVED_AROUND_HISTORY)
    return context.default_signature


def _model(receiver: Type) -> str:
    """The audited model that is written: the row's own, or that of a manager's or queryset's rows; else empty."""
    receiver = get_proper_type(receiver)
    if not isinstance(receiver, Instance):
        return ""
    candidates = (receiver, *(get_proper_type(argument) for argument in receiver.args))
    for base in receiver.type.mro:
        if base.fullname in ("django.db.models.manager.BaseManager", "django.db.models.query.QuerySet"):
            bases = [each for each in receiver.type.bases if each.args]
            candidates += tuple(get_proper_type(argument) for each in bases for argument in each.args)
    names = (each.type.name for each in candidates if isinstance(each, Instance) and each.type.get("history"))
    return next(names, "")


def plugin(version: str) -> type[Plugin]:
    return HistoryPlugin
