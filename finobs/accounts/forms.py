"""What people type about themselves. Rules are the services'; forms only ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms

from finobs.core import clock
from finobs.core.forms import VersionedForm

from . import token_sources
from .addresses import AddressFormField
from .models import User
from .selectors import permissions_held

# SEC-7: no rule of composition, and room for any passphrase.
MAX_PASSWORD_LENGTH = 1024
PASSWORD_HELP = "At least 12 characters. A few unrelated words make a good one; no kind of character is demanded."


def _password(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=MAX_PASSWORD_LENGTH, widget=widget, help_text=help_text)


class SignInForm(forms.Form):
    username = AddressFormField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = _password("Password", "current-password")


class PasswordSetForm(forms.Form):
    new = _password("New password", "new-password", PASSWORD_HELP)
    again = _password("New password, again", "new-password")

    def clean(self) -> dict[str, Any]:
        """Both the same; the service needs one."""
        values = super().clean() or {}
        again = values.pop("again", None)
        if values.get("new") and again and values["new"] != again:
            self.add_error("again", "This differs from the password above.")
        return values


class PasswordChangeForm(PasswordSetForm):
    present = _password("Present password", "current-password")
    field_order = ("present", "new", "again")


class ProfileForm(VersionedForm):
    name = forms.CharField(max_length=120)
    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(clock.time_zones())],
        help_text="Times on every page are written in this zone.",
    )


class TokenForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="What it is for: you will recognise it by this.")
    scopes = forms.MultipleChoiceField(
        label="Permissions",
        widget=forms.CheckboxSelectMultiple,
        help_text="As few as it needs, and never more than you may.",
    )
    sources = forms.MultipleChoiceField(
        label="Bound to",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Chosen: it reaches these sources only, and what came by them. None chosen: all that you reach.",
    )
    days = forms.TypedChoiceField(
        label="It expires after",
        coerce=int,
        choices=[(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "a year")],
        initial=90,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes: Any = self.fields["scopes"]
        scopes.choices = permissions_held(user)
        sources: Any = self.fields["sources"]
        sources.choices = token_sources.offered(user)
        if not sources.choices:
            del self.fields["sources"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "days" in values:
            values["lifetime"] = timedelta(days=values.pop("days"))
        return values
