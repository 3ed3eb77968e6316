"""Pages for those who are not signed in yet, and the way out."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from finobs.core.forms import submit
from finobs.core.http import render_page

from .. import login, services
from ..choices import SessionEndReason
from ..forms import PasswordSetForm, SignInForm
from ..services.passwords import link_owner

SIGN_OUT_MESSAGES = {
    SessionEndReason.IDLE: "You were signed out because nothing happened for a while.",
    SessionEndReason.AGE: "You were signed out because you had been signed in for a long time.",
    SessionEndReason.CHANGED: "You were signed out because your password or your roles changed.",
    SessionEndReason.ENDED: "This session was ended.",
}


# Or a report of a fault would show it.
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password; the same answer whether or not there is such an account."""
    following = login.next_url(request)
    if request.method == "GET":
        if request.user.is_authenticated:
            return redirect(following)
        page = {
            "form": SignInForm(),
            "next": following,
            "why": SIGN_OUT_MESSAGES.get(request.session.pop("ended", "")),
        }
        return render_page(request, "accounts/sign_in.html", page)
    form = SignInForm(request.POST)
    status = submit(form, partial(login.password_sign_in, request))
    if status == HTTPStatus.OK:
        return redirect(following)
    return render_page(request, "accounts/sign_in.html", {"form": form, "next": following}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    login.sign_out(request)
    messages.success(request, "You are signed out.")
    return redirect("accounts:sign-in")


@sensitive_post_parameters("new", "again")
@never_cache
@require_http_methods(["GET", "POST"])
def password_set(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Set a password under the link that an administrator issued."""
    person = link_owner(uid, token)
    form, status = PasswordSetForm(request.POST or None), HTTPStatus.OK
    if request.method == "POST":
        status = submit(form, partial(services.password_set, uid=uid, token=token))
        if status == HTTPStatus.OK:
            messages.success(request, "Your password is set. Sign in with it.")
            return redirect("accounts:sign-in")
    return render_page(request, "accounts/password_set.html", {"form": form, "person": person}, status=status)
