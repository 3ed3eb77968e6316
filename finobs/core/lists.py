"""List pages: the filters, how many rows they leave, and one page of them, in `_shell/list.html`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.forms import Field, ModelChoiceField
from django.http import HttpRequest, HttpResponse

from .errors import Invalid
from .http import is_fragment, render_page
from .identity import preload
from .pagination import count, paginate
from .parameters import filter_names, refuse_unknown

PAGE, FRAGMENT = "_shell/page.html", "_shell/list_fragment.html"
NEWEST_FIRST = ("-id",)
Present = Callable[[Sequence[Any]], Sequence[Any]]
Summary = Callable[[QuerySet[Any]], Mapping[str, Any]]


class Chip(NamedTuple):
    """A filter in force, in words, and the address of the list without it."""

    label: str
    value: str
    without: str


def list_page(
    request: HttpRequest, template: str, rows: QuerySet[Any], *, filter_set: Any = None, fields: Collection[str] = (),
    defaults: Mapping[str, str] | None = None, order: Sequence[str] = NEWEST_FIRST, present: Present = list,
    exact: bool = False, parameters: Collection[str] = (), summary: Summary = lambda _: {}, **context: Any,
) -> HttpResponse:  # fmt: skip
    """One page of `rows` under the filters of the address.

    filter_set: the class that reads them; those that make no sense leave nothing, and say why. fields: which of them
    the page offers; all without. defaults: filters in force where the address names none. order: as `paginate` takes
    it. present: what the template reads as `rows`, from those of the page. exact: count them all, however many there
    are. parameters: those that the view reads itself. summary: what the template reads of all rows under the filters.
    context: what else it reads.
    Raises Invalid for a parameter that nobody reads.
    """
    names, repeatable = filter_names(filter_set)
    refuse_unknown(request.GET, {*names, *parameters, "cursor"}, repeatable)
    status = HTTPStatus.OK
    if filter_set is not None:
        context |= filter_context(request, filter_set, rows, fields, defaults or {})
        is_valid = context["filter"].is_valid()
        rows = context["filter"].qs if is_valid else rows.none()
        status = HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY
        context["is_refused"] = not is_valid
    query = request.GET.copy()
    cursor = "".join(query.pop("cursor", [])[-1:])
    page = paginate(rows, order=order, cursor=cursor, bound=query.urlencode())
    preload(page.items)
    row_count = (rows.count(), True) if exact else count(rows)
    context |= summary(rows)
    context |= {"page": page, "rows": present(page.items), "row_count": row_count, "filtered": bool(query)}
    context["layout"] = FRAGMENT if is_fragment(request) else PAGE
    return render_page(request, template, context, status=status)


def filtered(
    request: HttpRequest, filter_set: Any, rows: QuerySet[Any], defaults: Mapping[str, str] | None = None
) -> QuerySet[Any]:
    """The rows of a list under the filters of the address, for what is no page of it. Raises Invalid."""
    names, repeatable = filter_names(filter_set)
    refuse_unknown(request.GET, {*names, "cursor"}, repeatable)
    filters = filter_context(request, filter_set, rows, (), defaults or {})["filter"]
    if not filters.is_valid():
        raise Invalid(fields={name: [str(text) for text in texts] for name, texts in filters.form.errors.items()})
    chosen: QuerySet[Any] = filters.qs
    return chosen


def filter_context(
    request: HttpRequest, filter_set: Any, rows: QuerySet[Any], names: Collection[str], defaults: Mapping[str, str]
) -> dict[str, Any]:
    data = request.GET.copy()
    for name, value in defaults.items():
        data.setdefault(name, value)
    filters = filter_set(data, queryset=rows, request=request)
    bound_fields = [filters.form[name] for name in names or filters.form.fields]
    return {"filter": filters, "fields": bound_fields, "chips": list(chips(request, filters.form.fields))}


def chips(request: HttpRequest, fields: Mapping[str, Field]) -> Iterator[Chip]:
    """The filters that the address names, one for each value."""
    for name, field in fields.items():
        for value in filter(None, request.GET.getlist(name)):
            rest = request.GET.copy()
            rest.pop("cursor", None)
            rest.setlist(name, [other for other in rest.getlist(name) if other != value])
            yield Chip(str(field.label or name.capitalize()), _in_words(field, value), f"?{rest.urlencode()}")


def _in_words(field: Any, value: str) -> str:
    # The choices of a model field are rows, and the value of ours is a name already (to_field_name).
    if isinstance(field, ModelChoiceField):
        return value
    choices: Any = getattr(field, "choices", None)
    # By its being there: the library cannot say how many there are of choices that are asked for when they are shown.
    if choices is None:
        choices = getattr(field.widget, "choices", ())
    return str(dict(choices).get(value, value))
