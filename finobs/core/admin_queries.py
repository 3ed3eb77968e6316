"""What the address of a list in the admin may ask for: the filters that the list offers, and nothing else.

Django lets the address name any field of the model and any look-up on it: a column that no page shows is then read
letter by letter, a pattern can keep the server busy for good, and a value can be one that no date or number takes.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import SuspiciousOperation
from django.db.models import Field, Model
from django.http import HttpRequest

from .errors import FinobsError

MAX_SEARCH_LENGTH: Final = 200
MAX_SEARCH_WORDS: Final = 10
# All the numbers of a date field, and a year later for the end of a range.
MIN_YEAR, MAX_YEAR = 2, 9_998
# What Django's list itself reads: order, page, search, all rows, and the mark of a list that could not be filtered.
ORDER, PAGE, SEARCH = "o", "p", "q"
LIST_PARAMETERS: Final = frozenset({ORDER, PAGE, SEARCH, "all", "e", "_popup", "_to_field", "_facets"})
ORDER_FORM: Final = re.compile(r"-?[0-9]{1,2}(\.-?[0-9]{1,2})*")
_PARAMETERS: Final = "_finobs_filter_parameters"


class FilterRefused(FinobsError):
    """The address asks for what this list does not offer, or for a value that cannot be."""

    status, code, title = 400, "filter-refused", "This list cannot be shown so"


class ClosedQueryMixin:
    """Refuses, in words, every look-up that is not one of the list's own filters. Mixed in before each ModelAdmin."""

    model: type[Model]
    opts: Any
    date_hierarchy: Any
    get_list_filter: Any

    # Counts of every filter's every choice: several passes over the table at the wish of an address.
    show_facets = admin.ShowFacets.NEVER

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return request is not None and lookup in self.filter_parameters(request)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """An object is named by its key: another column would tell what stands in it."""
        return to_field in ("pk", self.opts.pk.name)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A form is filled in by whoever sends it, not by the address through which they came to it."""
        return {}

    def filter_parameters(self, request: HttpRequest) -> frozenset[str]:
        """The look-ups of the filters that the list offers, as they stand in an address."""
        by_list: dict[Any, frozenset[str]] = request.__dict__.setdefault(_PARAMETERS, {})
        if self not in by_list:
            specs = [self._filter_spec(request, item) for item in self.get_list_filter(request)]
            names = {name for spec in specs if spec for name in spec.expected_parameters() if name}
            units = self._date_parameters() if self.date_hierarchy else ()
            by_list[self] = frozenset({*names, *units})
        return by_list[self]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        self._check_query(request)
        parent: Any = super()
        try:
            return parent.get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise FilterRefused("One of the filters in this address has a value that cannot be.") from error
        except SuspiciousOperation as error:
            raise FilterRefused(str(error)) from error

    def _check_query(self, request: HttpRequest) -> None:
        """Raises FilterRefused."""
        for name, values in request.GET.lists():
            if name not in LIST_PARAMETERS and not self.lookup_allowed(name, values, request):
                offered = ", ".join(sorted(self.filter_parameters(request))) or "none"
                raise FilterRefused(f"This list has no filter {name[:80]!r}. Its filters: {offered}.")
            if len(values) > 1:
                raise FilterRefused(f"The address names {name} more than once.")
            if any(ord(character) < 32 for character in values[0]):
                raise FilterRefused(f"The value of {name} holds control characters.")
        self._check_order(request)
        self._check_search(request.GET.get(SEARCH, ""))
        if self.date_hierarchy:
            self._check_date(request)

    def _check_order(self, request: HttpRequest) -> None:
        order = request.GET.get(ORDER, "")
        if not order:
            return
        columns = [step.lstrip("-") for step in order.split(".")]
        # Each once: a database refuses an order by thousands of terms.
        if not ORDER_FORM.fullmatch(order) or len({int(column) for column in columns}) != len(columns):
            raise FilterRefused("The order of a list is numbers of its columns, each once: 1.-3")

    def _check_search(self, text: str) -> None:
        # Each word is a condition of its own, on each of the columns that are searched.
        if len(text) > MAX_SEARCH_LENGTH or len(text.split()) > MAX_SEARCH_WORDS:
            raise FilterRefused(f"Search for at most {MAX_SEARCH_WORDS} words, {MAX_SEARCH_LENGTH} characters in all.")

    def _check_date(self, request: HttpRequest) -> None:
        numbers = [request.GET.get(name) for name in self._date_parameters()]
        try:
            year, month, day = (None if text is None else int(text) for text in numbers)
            if year is None and (month, day) != (None, None):
                raise ValueError("a month of no year")
            if year is not None:
                date(year, 1 if month is None else month, 1 if day is None else day)
                if not MIN_YEAR <= year <= MAX_YEAR:
                    raise ValueError("a year at the end of time")
        except ValueError as error:
            raise FilterRefused("There is no such day.") from error

    def _date_parameters(self) -> tuple[str, str, str]:
        return f"{self.date_hierarchy}__year", f"{self.date_hierarchy}__month", f"{self.date_hierarchy}__day"

    def _filter_spec(self, request: HttpRequest, item: Any) -> Any:
        """One filter of `list_filter`, made as Django's list makes it, with nothing chosen."""
        if isinstance(item, type):
            return item(request, {}, self.model, self)
        field, make = item if isinstance(item, tuple | list) else (item, admin.FieldListFilter.create)
        path = None if isinstance(field, Field) else field
        if path is not None:
            field = get_fields_from_path(self.model, path)[-1]
        return make(field, request, {}, self.model, self, field_path=path)
