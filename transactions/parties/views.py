"""Pages of customers: the list, the customer with all that hangs on them, and what people do with them."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import ReasonForm, submit, submit_for_result
from finobs.core.http import render_page
from finobs.core.lists import list_page
from finobs.core.parameters import refuse_unknown

from ..models import AccountParty, Customer, PartyRelation
from . import selectors, services
from .filters import CustomerFilter
from .forms import AccountPartyForm, CustomerCorrectForm, RelationForm, TieEndForm, TieWithdrawForm
from .moments import MOMENT_PARAMETERS, asked_moments
from .presenters import change_lines, profile_lines, tie_in_words
from .resolution_selectors import attach_customers

MAX_TRANSACTIONS = 20
TIE_MESSAGES = {
    "end": "Ended. What was said before is still there.",
    "withdraw": "Taken back. That it was said is still there.",
}


@login_required
@require_GET
def customer_list(request: SignedInRequest) -> HttpResponse:
    rows = selectors.customers_visible(request.user)
    return list_page(request, "transactions/customer_list.html", rows, filter_set=CustomerFilter)


@login_required
@require_GET
def customer_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The customer as they stood at `as_at`, as was known at `known_at`; today and now without."""
    refuse_unknown(request.GET, MOMENT_PARAMETERS)
    return _page(request, selectors.customer_get(request.user, pk))


@login_required
@require_GET
def customer_transactions(request: SignedInRequest, pk: int) -> HttpResponse:
    customer = selectors.customer_get(request.user, pk)
    rows = selectors.customer_transactions(request.user, customer).order_by("-occurred_at", "-id")[:MAX_TRANSACTIONS]
    context = {"customer": customer, "rows": attach_customers(request.user, rows)}
    return render_page(request, "transactions/customer_transactions.html", context, partial="rows")


@login_required
@require_http_methods(["GET", "POST"])
def customer_correct(request: SignedInRequest, pk: int) -> HttpResponse:
    """First what is typed, then what it would change, then the correction."""
    customer = selectors.customer_get(request.user, pk)
    view = selectors.customer_profile(request.user, customer)
    form = CustomerCorrectForm(request.POST or None, customer=customer, profile=view.profile, as_at=view.as_at)
    context: dict[str, Any] = {"customer": customer, "form": form}
    status = HTTPStatus.OK
    if request.method == "POST" and "confirm" in request.POST:
        status = submit(form, partial(services.customer_correct, actor=request.user, customer=customer))
        if status == HTTPStatus.OK:
            messages.success(request, "Corrected. What was said before is still there, under the changes.")
            return redirect("transactions:customer-detail", pk)
    elif request.method == "POST":
        status, changes = submit_for_result(form, partial(selectors.customer_correction, request.user, customer))
        context["changes"] = change_lines(changes or [])
    return render_page(request, "transactions/customer_correct.html", context, status=status)


@login_required
@require_POST
def customer_erase(request: SignedInRequest, pk: int) -> HttpResponse:
    customer = selectors.customer_get(request.user, pk)
    form = ReasonForm(request.POST, auto_id="erase_%s")
    status = submit(form, partial(services.customer_erase, actor=request.user, customer=customer))
    if status != HTTPStatus.ACCEPTED:
        return _page(request, customer, status, erase=form)
    messages.info(request, "Sent for approval: somebody else decides on it.")
    return redirect("transactions:customer-detail", pk)


@login_required
@require_POST
def account_party_add(request: SignedInRequest, pk: int) -> HttpResponse:
    customer = selectors.customer_get(request.user, pk)
    form = AccountPartyForm(request.POST, auto_id="party_%s")
    add = partial(services.account_party_add, actor=request.user, customer=customer)

    def act(account: str, **fields: Any) -> object:
        return add(account=selectors.account_named(request.user, customer, account), **fields)

    status = submit(form, act)
    if status != HTTPStatus.OK:
        return _page(request, customer, status, party_form=form)
    messages.success(request, "Added.")
    return redirect("transactions:customer-detail", pk)


@login_required
@require_POST
def relation_add(request: SignedInRequest, pk: int) -> HttpResponse:
    customer = selectors.customer_get(request.user, pk)
    form = RelationForm(request.POST, auto_id="relation_%s")
    add = partial(services.relation_add, actor=request.user, customer=customer)

    def act(other: str, **fields: Any) -> object:
        return add(other=selectors.other_named(request.user, customer, other), **fields)

    status = submit(form, act)
    if status != HTTPStatus.OK:
        return _page(request, customer, status, relation_form=form)
    messages.success(request, "Added.")
    return redirect("transactions:customer-detail", pk)


@login_required
@require_http_methods(["GET", "POST"])
def account_party_end(request: SignedInRequest, pk: int) -> HttpResponse:
    party = selectors.account_party_get(request.user, pk)
    end = partial(services.account_party_end, actor=request.user, party=party)
    return _tie_page(request, party, "end", TieEndForm(request.POST or None, auto_id="end_%s"), end)


@login_required
@require_POST
def account_party_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    party = selectors.account_party_get(request.user, pk)
    withdraw = partial(services.account_party_withdraw, actor=request.user, party=party)
    return _tie_page(request, party, "withdraw", TieWithdrawForm(request.POST, auto_id="withdraw_%s"), withdraw)


@login_required
@require_http_methods(["GET", "POST"])
def relation_end(request: SignedInRequest, pk: int) -> HttpResponse:
    relation = selectors.relation_get(request.user, pk)
    end = partial(services.relation_end, actor=request.user, relation=relation)
    return _tie_page(request, relation, "end", TieEndForm(request.POST or None, auto_id="end_%s"), end)


@login_required
@require_POST
def relation_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    relation = selectors.relation_get(request.user, pk)
    withdraw = partial(services.relation_withdraw, actor=request.user, relation=relation)
    return _tie_page(request, relation, "withdraw", TieWithdrawForm(request.POST, auto_id="withdraw_%s"), withdraw)


def _tie_page(
    request: SignedInRequest, tie: AccountParty | PartyRelation, verb: str, form: Any, act: Any
) -> HttpResponse:
    """The page on which a tie is ended, or taken back; `form` is of the one of the two that `act` does."""
    status = HTTPStatus.OK
    if request.method == "POST":
        status = submit(form, act)
        if status == HTTPStatus.OK:
            messages.success(request, TIE_MESSAGES[verb])
            return redirect("transactions:customer-detail", tie.customer_id)
    forms = {"end": TieEndForm(auto_id="end_%s"), "withdraw": TieWithdrawForm(auto_id="withdraw_%s")} | {verb: form}
    name = "account-party" if isinstance(tie, AccountParty) else "relation"
    pages = {f"{each}_page": f"transactions:{name}-{each}" for each in forms}
    context = {"tie": tie, "what": tie_in_words(tie), **pages, **forms}
    return render_page(request, "transactions/tie_end.html", context, status=status)


def _page(request: SignedInRequest, customer: Customer, status: int = HTTPStatus.OK, **filled: Any) -> HttpResponse:
    """The customer as they stood, with the forms that come back filled."""
    user, moments = request.user, asked_moments(request.GET)
    view = selectors.customer_profile(user, customer, **moments)
    changes = selectors.customer_changes(user, customer)
    version = {"version": customer.version}
    context = {
        "customer": customer,
        "view": view,
        "asked": request.GET,
        "lines": profile_lines(view.profile),
        "changes": [(each["assertion"], change_lines(each["changes"])) for each in changes],
        "accounts": selectors.customer_accounts(user, customer, **moments)[: selectors.MAX_TIES],
        "relations": selectors.customer_relations(user, customer, **moments)[: selectors.MAX_TIES],
        "tree": selectors.ownership_tree(user, customer, **moments),
        "actions": selectors.customer_actions(user, customer),
        "erase": ReasonForm(auto_id="erase_%s", initial=version),
        "party_form": AccountPartyForm(auto_id="party_%s", initial=version),
        "relation_form": RelationForm(auto_id="relation_%s", initial=version),
    }
    return render_page(request, "transactions/customer_detail.html", context | filled, status=status)
