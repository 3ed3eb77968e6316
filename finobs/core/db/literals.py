"""Conditions on codes that stand in the statement itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from django.db.models import F
from django.db.models.lookups import In

CODE: Final = re.compile(r"[a-z][a-z_]*")


class _InLiterals(In):
    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} IN ({', '.join(repr(code) for code in self.rhs)})", tuple(values)


def among(field: str, codes: Iterable[str]) -> Any:
    """The condition "this field is one of these codes", for `filter`.

    The plan that PostgreSQL keeps of a statement is for any values, and for any values it cannot know that an index of
    some codes alone will do: the unfinished incidents of one queue were counted in 60 ms instead of 1 (of 300,000).
    Raises ValueError for what is no code of the program: this is no place for what somebody typed.
    """
    literals = sorted(str(code) for code in codes)
    if not literals or not all(CODE.fullmatch(literal) for literal in literals):
        raise ValueError(literals)
    return _InLiterals(F(field), literals)
