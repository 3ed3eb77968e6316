"""Who holds which grant on one object: guardian's admin pages, with finobs's rules and services behind them.

Beside `access`, the only file that knows guardian. Guardian's own pages save straight into its tables and ask no more
than the right to change the model; these ask the policy for "grant" and leave the writing to a service, which checks
again and records the event.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from guardian.admin import GroupManage, GuardedModelAdminMixin, UserManage
from guardian.shortcuts import get_group_perms, get_groups_with_perms, get_user_perms, get_users_with_perms

from . import access
from .errors import FinobsError, NotFound, Stale
from .forms import VersionedForm


class GrantsForm(VersionedForm):
    """Of one principal on one object; `version` is the object's."""

    grants = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any, *, choices: Collection[str], current: Collection[str], version: int) -> None:
        super().__init__(data, initial={"grants": list(current), "version": version})
        field = self.fields["grants"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(name, name.capitalize()) for name in choices]


class GrantUserForm(UserManage):
    user = forms.EmailField(label="E-mail of a person", error_messages={"does_not_exist": "Nobody has this e-mail."})

    def clean_user(self) -> Any:
        """The person, by the address as sign-in reads it."""
        people: Any = get_user_model()._default_manager
        try:
            return people.get_by_natural_key(self.cleaned_data["user"])
        except ObjectDoesNotExist:
            raise forms.ValidationError(self.fields["user"].error_messages["does_not_exist"]) from None


class GrantGroupForm(GroupManage):
    group = forms.CharField(label="Name of a group", max_length=80, error_messages={"does_not_exist": "No such group."})


@dataclass(frozen=True, slots=True)
class GrantRow:
    principal: Any
    flags: list[bool]
    url: str


class GrantsAdmin(GuardedModelAdminMixin):
    """Mixed in before AccessAdmin: adds a Grants page to each object. A subclass overrides `grant_changed`."""

    change_form_template = "admin/change_form.html"
    grants: tuple[str, ...] = ("view", "work", "lead")
    model: type[Model]
    admin_site: Any

    def grant_changed(
        self, request: HttpRequest, obj: Any, principal: Any, granted: list[str], revoked: list[str], version: int
    ) -> None:
        """Give and take these grants of `principal` (a user or a group) on `obj` through the app's services.

        `version` is that of `obj` as it was on the page.
        """
        raise NotImplementedError(f"{type(self).__name__} has no service to grant with")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        if object_id and access.allowed(request.user, "grant", self.model):
            extra["grants_url"] = self._url("permissions", quote(object_id))
        admin: Any = super()
        response: HttpResponse = admin.changeform_view(request, object_id, form_url, extra)
        return response

    def obj_perms_manage_view(self, request: HttpRequest, object_pk: str) -> HttpResponse:
        """Who holds what, and a field to name somebody else."""
        obj = self._granted_object(request, object_pk)
        person = GrantUserForm(request.POST if "person" in request.POST else None)
        group = GrantGroupForm(request.POST if "group-of" in request.POST else None)
        if person.is_valid():
            return redirect(self._url("permissions_manage_user", obj.pk, person.cleaned_data["user"].pk))
        if group.is_valid():
            return redirect(self._url("permissions_manage_group", obj.pk, group.cleaned_data["group"].pk))
        parts = [
            {
                "title": "People",
                "rows": self._rows(obj, get_users_with_perms(obj, attach_perms=True, with_group_users=False), "user"),
                "empty": "Nobody holds a grant of their own.",
                "form": person,
                "submit": "person",
                "action": "Give to a person",
            },
            {
                "title": "Groups",
                "rows": self._rows(obj, get_groups_with_perms(obj, attach_perms=True), "group"),
                "empty": "No group holds a grant.",
                "form": group,
                "submit": "group-of",
                "action": "Give to a group",
            },
        ]
        return self._page(request, obj, parts=parts)

    def obj_perms_manage_user_view(self, request: HttpRequest, object_pk: str, user_id: str) -> HttpResponse:
        obj = self._granted_object(request, object_pk)
        user = _get_object(get_user_model(), user_id)
        return self._manage(request, obj, user, get_user_perms(user, obj))

    def obj_perms_manage_group_view(self, request: HttpRequest, object_pk: str, group_id: str) -> HttpResponse:
        obj = self._granted_object(request, object_pk)
        group = _get_object(Group, group_id)
        return self._manage(request, obj, group, get_group_perms(group, obj))

    def _manage(self, request: HttpRequest, obj: Any, principal: Any, codenames: Any) -> HttpResponse:
        current = [name for name in self.grants if self._codename(name) in set(codenames)]
        data = request.POST if request.method == "POST" else None
        form = GrantsForm(data, choices=self.grants, current=current, version=obj.version)
        if form.is_valid():
            selection = form.cleaned_data["grants"]
            granted = [name for name in selection if name not in current]
            revoked = [name for name in current if name not in selection]
            try:
                self.grant_changed(request, obj, principal, granted, revoked, form.cleaned_data["version"])
            except Stale as stale:
                form.add_error(None, stale.detail)
                form.show_again(version=stale.version)
                return self._page(request, obj, principal=principal, form=form, status=HTTPStatus.CONFLICT)
            except FinobsError as refused:
                messages.error(request, refused.detail)
            else:
                messages.success(request, f"Grants of {principal} on {obj} saved.")
            return redirect(self._url("permissions", obj.pk))
        return self._page(request, obj, principal=principal, form=form)

    def _granted_object(self, request: HttpRequest, pk: str) -> Any:
        """The object, if this person may give grants on it; nothing to see otherwise."""
        access.require(request.user, "grant", self.model)
        return _get_object(self.model, pk, access.restrict(self.model._default_manager.all(), request.user, "grant"))

    def _rows(self, obj: Any, holders: Any, kind: str) -> list[GrantRow]:
        ordered = sorted(holders.items(), key=lambda item: str(item[0]))
        return [
            GrantRow(
                principal,
                [self._codename(name) in codenames for name in self.grants],
                self._url(f"permissions_manage_{kind}", obj.pk, principal.pk),
            )
            for principal, codenames in ordered
        ]

    def _page(self, request: HttpRequest, obj: Any, *, status: int = 200, **extra: Any) -> HttpResponse:
        opts = self.model._meta
        context = {
            **self.admin_site.each_context(request),
            "object": obj, "opts": opts, "grants": self.grants, "title": f"Grants on {obj}", **extra,
        }  # fmt: skip
        return render(request, "admin/grants.html", context, status=status)

    def _codename(self, grant: str) -> str:
        return f"{grant}_{self.model._meta.model_name}"

    def _url(self, page: str, *args: Any) -> str:
        opts = self.model._meta
        return reverse(f"{self.admin_site.name}:{opts.app_label}_{opts.model_name}_{page}", args=args)


def _get_object(model: type[Model], pk: str, rows: Any = None) -> Any:
    try:
        return (model._default_manager.all() if rows is None else rows).get(pk=pk)
    except (ObjectDoesNotExist, ValueError):
        raise NotFound from None
