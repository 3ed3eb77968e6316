"""What is one's own: profile, password, tokens, sessions."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from finobs.core.forms import VersionedForm, submit, submit_for_result
from finobs.core.http import render_page
from finobs.core.lists import list_page

from .. import login, selectors, services
from ..forms import PasswordChangeForm, ProfileForm, TokenForm
from ..requests import SignedInRequest
from ..session_store import key_digest

NO_VERSION_MESSAGE = "Nothing was done: the page did not say which version it was about. Look at it again."
TOKEN_ORDER = ("-created_at", "-id")


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    person = request.user
    initial = {"name": person.name, "time_zone": person.time_zone, "version": person.version}
    form, status = ProfileForm(request.POST or None, initial=initial), HTTPStatus.OK
    if request.method == "POST":
        status = submit(form, partial(services.profile_change, actor=person))
        if status == HTTPStatus.OK:
            messages.success(request, "Saved.")
            return redirect("accounts:profile")
    page = {"form": form, "person": person, "permissions": selectors.permissions_held(person)}
    return render_page(request, "accounts/profile.html", page, status=status)


# Or a report of a fault would show them.
@sensitive_post_parameters("present", "new", "again")
@login_required
@require_http_methods(["GET", "POST"])
def password_change(request: SignedInRequest) -> HttpResponse:
    form, status = PasswordChangeForm(request.POST or None), HTTPStatus.OK
    if request.method == "POST":
        status = submit(form, partial(login.password_change, request))
        if status == HTTPStatus.OK:
            messages.success(request, "Your password is changed. Every other session has ended.")
            return redirect("accounts:profile")
    return render_page(request, "accounts/password_change.html", {"form": form}, status=status)


@login_required
@require_GET
def token_list(request: SignedInRequest) -> HttpResponse:
    return list_page(request, "accounts/token_list.html", selectors.tokens_own(request.user), order=TOKEN_ORDER)


@login_required
@require_http_methods(["GET", "POST"])
def token_create(request: SignedInRequest) -> HttpResponse:
    """The secret is shown in the answer to the form, and never again."""
    person = request.user
    form = TokenForm(request.POST or None, user=person)
    if request.method == "GET":
        return render_page(request, "accounts/token_create.html", {"form": form})
    status, created = submit_for_result(form, partial(services.token_create, actor=person, user=person))
    if created is None:
        return render_page(request, "accounts/token_create.html", {"form": form}, status=status)
    token, secret = created
    return render_page(request, "accounts/token_created.html", {"token": token, "secret": secret}, status=201)


@login_required
@require_POST
def token_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    token, form = selectors.token_get(request.user, pk), VersionedForm(request.POST)
    status = submit(form, partial(services.token_revoke, actor=request.user, token=token))
    if status == HTTPStatus.OK:
        messages.success(request, f"{token.name} is revoked.")
    else:
        messages.error(request, " ".join(map(str, form.non_field_errors())) or NO_VERSION_MESSAGE)
    return redirect("accounts:token-list")


@login_required
@require_GET
def session_list(request: SignedInRequest) -> HttpResponse:
    rows, here = selectors.sessions_live(request.user), key_digest(request.session.session_key)
    return list_page(request, "accounts/session_list.html", rows, order=TOKEN_ORDER, here=here)


@login_required
@require_POST
def session_end(request: SignedInRequest, pk: int) -> HttpResponse:
    services.session_end(actor=request.user, session=selectors.session_get(request.user, pk))
    messages.success(request, "The session has ended.")
    return redirect("accounts:session-list")


@login_required
@require_POST
def sessions_end(request: SignedInRequest) -> HttpResponse:
    """Every session but this one."""
    here = key_digest(request.session.session_key)
    count = services.sessions_end(actor=request.user, user=request.user, except_digest=here)
    messages.success(request, f"Other sessions ended: {count}.")
    return redirect("accounts:session-list")
