"""The page of org units: the tree, and what hangs in each."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.core.http import render_page
from finobs.core.parameters import refuse_unknown

from .. import unit_contents, unit_selectors
from ..requests import SignedInRequest


@login_required
@require_GET
def unit_list(request: SignedInRequest) -> HttpResponse:
    """The units that somebody may see, as a tree and as a table."""
    refuse_unknown(request.GET, ())
    trees = unit_selectors.unit_rows(request.user)
    context = {"trees": trees, "rows": _in_order(trees), "names": unit_contents.names()}
    context["may_configure"] = unit_selectors.may_configure(request.user)
    return render_page(request, "accounts/unit_list.html", context)


def _in_order(rows: list[unit_selectors.UnitRow]) -> list[unit_selectors.UnitRow]:
    """The rows of the trees one after another, as a table shows them."""
    return [each for row in rows for each in (row, *_in_order(row.children))]
