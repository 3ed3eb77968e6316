"""The stock admin as finobs's back office: the same selectors, services and permissions as everywhere else."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ImproperlyConfigured
from django.db.models import DateField, JSONField, Model, QuerySet, TimeField
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin

from . import access
from .admin_grants import GrantsAdmin as GrantsAdmin
from .admin_queries import ClosedQueryMixin
from .errors import ApprovalRequired, FinobsError, Invalid, NotAllowed, NotFound, Stale
from .forms import JSONObjectField, refuse_deceptive, show_present_values
from .identity import attach_history_users
from .models import Versioned
from .pagination import ListPaginator
from .versions import LIST_FIELD, listed_version


class AccessAdmin(ClosedQueryMixin, SimpleHistoryAdmin):
    """A model in the admin. Rows come through `restrict`, rights from the app's policy, writes from services.

    Nothing is deleted here. A subclass that can add or change overrides `write`, which must call a service, with the
    `version` of the form where it changes something. Lists carry the version of each row (`run_action`).
    """

    # Spares each list a second count, of all rows: slow once a table has millions.
    show_full_result_count = False
    paginator = ListPaginator
    list_per_page = 50
    view_action = "view"
    # The browser's own pickers of days and times: Django's are links without a name.
    formfield_overrides: ClassVar = {
        JSONField: {"form_class": JSONObjectField},
        DateField: {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})},
        TimeField: {"widget": forms.TimeInput(format="%H:%M", attrs={"type": "time"})},
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return access.restrict(super().get_queryset(request), request.user, self.view_action)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return access.allowed(request.user, self.view_action, obj or self.model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "create", None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _may(self, request: HttpRequest, action: str, obj: Model | None) -> bool:
        try:
            return access.allowed(request.user, action, obj or self.model)
        except ImproperlyConfigured:
            return False

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """History is read, not put back: the way back is a change of its own, with its own event."""
        return True

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._require_visible(request, object_id)
        if not hasattr(self.model._meta, "simple_history_manager_attribute"):
            plain: HttpResponse = admin.ModelAdmin.history_view(self, request, object_id, extra_context)
            return plain
        response: HttpResponse = super().history_view(request, object_id, extra_context)
        return response

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, *args: Any, **kwargs: Any
    ) -> None:
        attach_history_users(list(historical_records))
        super().set_history_delta_changes(request, historical_records, *args, **kwargs)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self._require_visible(request, object_id)
        if not hasattr(self.model._meta, "simple_history_manager_attribute"):
            raise NotFound
        self._require_number(version_id)
        if request.method != "GET":
            raise NotAllowed("History is read, not put back. Change the record instead.")
        response: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
        return response

    def _require_visible(self, request: HttpRequest, object_id: str) -> None:
        """The history of what somebody may not see is not there for them either."""
        if self.get_object(request, object_id) is None:
            raise NotFound

    def _require_number(self, version_id: str) -> None:
        # A BIGINT has at most 19 digits; more of them would be a DataError, not a page that is not there.
        if not (version_id.isdecimal() and len(version_id) < 19):
            raise NotFound

    def action_checkbox(self, obj: Any) -> SafeString:
        """The box of a row, and beside it the version of the row that is on the page."""
        box: SafeString = super().action_checkbox(obj)
        if not isinstance(obj, Versioned):
            return box
        name = LIST_FIELD.format(pk=obj.pk)
        return format_html('{}<input type="hidden" name="{}" value="{}">', box, name, obj.version)

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or change `obj` through its service. `obj` carries the form's values and is not saved."""
        raise NotImplementedError(f"{type(self).__name__} has no service to write with")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            self.write(request, obj, form, change)
        except ApprovalRequired as approval:
            # Said here, not raised: the admin would roll the request for approval back with its transaction.
            messages.info(request, approval.detail)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What a service refuses is said in the form, in its words, with everything that was typed."""
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except FinobsError as error:
            if request.method != "POST" or hasattr(request, REFUSAL_ATTRIBUTE):
                raise
            setattr(request, REFUSAL_ATTRIBUTE, error)
            response = super().changeform_view(request, object_id, form_url, extra_context)
            response.status_code = error.status
        return response

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Those of the form but its version, which `admin/change_form.html` puts down unseen."""
        return [name for name in super().get_fields(request, obj) if name != "version"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = _plain(super().get_form(request, obj, change=change, **kwargs))
        if isinstance(obj, Versioned):
            form = type(form.__name__, (VersionMixin, form), {})
        refusal: FinobsError | None = getattr(request, REFUSAL_ATTRIBUTE, None)
        return form if refusal is None else _with_refusal(form, refusal)


class ReadAdmin(AccessAdmin):
    """What finobs itself writes, the newest first: nobody adds or changes it here."""

    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


REFUSAL_ATTRIBUTE = "_finobs_refused"


def _plain(form: Any) -> Any:
    """`form`, with every text that is typed into it in its one form, or refused beside its field."""

    def clean(self: Any) -> Any:
        cleaned = form.clean(self)
        refuse_deceptive(self)
        return cleaned

    return type(form.__name__, (form,), {"clean": clean})


class VersionMixin(forms.ModelForm):  # type: ignore[type-arg]
    """The form of a row that others may change too carries the version that was on the page."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version


def _with_refusal(form: Any, refusal: FinobsError) -> Any:
    """`form`, not valid for what the service said, beside the fields it named."""

    def start(self: Any, *args: Any, **kwargs: Any) -> None:
        form.__init__(self, *args, **kwargs)
        if isinstance(refusal, Stale) and self.is_bound:
            # What was typed stays; sent again, it is about the row as it is now.
            self.data = self.data.copy()
            self.data["version"] = str(refusal.version)

    def clean(self: Any) -> Any:
        cleaned = form.clean(self)
        errors = refusal.fields if isinstance(refusal, Invalid) else {}
        for field, texts in (errors or {"": [refusal.detail]}).items():
            self.add_error(field if field in self.fields else None, texts)
        if isinstance(refusal, Stale):
            show_present_values(self)
        return cleaned

    return type(form.__name__, (form,), {"__init__": start, "clean": clean})


class ReasonActionForm(ActionForm):
    """For the lists of an admin whose actions need a reason: one for all the rows that are selected.

    Not required and not measured here: each service refuses in its own words what is no reason to it.
    """

    reason = forms.CharField(label="Why", required=False)


def action_reason(request: HttpRequest) -> str:
    """What was typed into the `ReasonActionForm`."""
    return request.POST.get("reason", "")


def run_action(modeladmin: AccessAdmin, request: HttpRequest, queryset: QuerySet[Any], verb: str, act: Any) -> None:
    """Run `act(obj)` on each selected row and say how it went: one refusal never stops its neighbours.

    Where rows have versions it is `act(obj, version=...)`, with the one that stood on the page.
    """
    done, awaiting, refusals = 0, 0, []
    for obj in queryset:
        try:
            act(obj, **({"version": listed_version(request.POST, obj)} if isinstance(obj, Versioned) else {}))
            done += 1
        except ApprovalRequired:
            awaiting += 1
        except FinobsError as error:
            refusals.append(f"{obj}: {error.message}")
    if done:
        messages.success(request, f"{verb}: {done}.")
    if awaiting:
        messages.info(request, f"Sent for approval: {awaiting}.")
    for text in refusals[:20]:
        messages.error(request, text)
