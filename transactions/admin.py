"""The back office of what came in: sources and their files, and reads of all the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from finobs.accounts.unit_form import UnitChoiceField
from finobs.core.admin import AccessAdmin, ReadAdmin, ReasonActionForm, action_reason, run_action
from finobs.core.errors import FinobsError, Invalid, NotFound
from finobs.core.refusals import refusal_text

from . import mappings, party_admin, rate_admin, selectors, services
from .choices import IngestMethod, QuarantineState, RecordKind
from .deliveries import admin as delivery_admin
from .file_import import import_file
from .file_names import plain_file_name
from .files import CsvOptions, RowFile, open_rows
from .models import (
    Batch,
    Label,
    LabelBatch,
    PastLabel,
    QuarantinedRow,
    Source,
    Transaction,
)
from .parties import admin as parties_admin
from .records.file_import import import_records
from .records.kinds import definition_of
from .records.mappings import resolve_records

__all__ = ["delivery_admin", "parties_admin", "party_admin", "rate_admin"]
# What one web request may reasonably take: the command takes any size.
MAX_UPLOAD_ROWS = 50_000


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        choices=RecordKind.choices, required=False, label="What the rows are", help_text="Transactions if not said."
    )
    file = forms.FileField(help_text=f"CSV or Parquet; at most {MAX_UPLOAD_ROWS:,} rows.")
    mapping = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="finobs, handbook, or a JSON object of field to column. Empty: the source's own, else finobs.",
    )  # fmt: skip
    delimiter = forms.CharField(required=False, max_length=1, strip=False, help_text="Of CSV. Empty: found.")
    encoding = forms.CharField(
        required=False,
        max_length=40,
        help_text="Of CSV, such as windows-1252. Empty: UTF-8, or UTF-16 where it is that.",
    )
    no_header = forms.BooleanField(required=False, help_text="The first line is a row; columns are #1, #2, ...")


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    unit = UnitChoiceField(help_text="Whose accounts it brings; those that are there stay in theirs.")

    class Meta:
        model = Source
        fields = ("slug", "name", "default_currency", "time_zone", "mapping", "unit", "is_active")


@admin.register(Source)
class SourceAdmin(AccessAdmin):
    form = SourceForm
    list_display = ("name", "slug", "unit", "default_currency", "time_zone", "is_active")
    list_select_related = ("unit",)
    list_filter = ("is_active",)
    search_fields = ("name", "slug")
    fields = (
        "slug", "name", "default_currency", "time_zone", "mapping", "attributes", "unit", "is_active", "created_at",
    )  # fmt: skip
    readonly_fields = ("created_at",)
    change_form_template = "admin/transactions/source/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        return ("slug", "created_at") if obj else ("created_at",)

    def write(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        actor: Any = request.user
        fields = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "slug"}
        if change:
            services.source_change(actor=actor, source=obj, **fields)
        else:
            obj.pk = services.source_create(actor=actor, slug=form.cleaned_data["slug"], **fields).pk

    def get_urls(self) -> list[URLPattern]:
        upload = self.admin_site.admin_view(self.upload_view)
        return [path("<int:pk>/upload/", upload, name="transactions_source_upload"), *super().get_urls()]

    def upload_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A small file of transactions, or of records of another kind, taken in while the administrator waits."""
        source = selectors.sources_visible(request.user).filter(pk=pk).first()
        if source is None:
            raise NotFound
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and self._upload(request, source, form):
            return redirect(reverse("transactions:batch-list") + f"?source={source.slug}")
        context = {**self.admin_site.each_context(request), "form": form, "source": source, "opts": self.model._meta}
        context["title"] = f"Upload a file of {source}"
        return TemplateResponse(request, "admin/transactions/source/upload.html", context)

    def _upload(self, request: HttpRequest, source: Source, form: UploadForm) -> bool:
        file, actor = form.cleaned_data["file"], request.user
        try:
            name = plain_file_name(file.name)
            values, kind = form.cleaned_data, form.cleaned_data["kind"] or RecordKind.TRANSACTION
            mapping = _mapping(values["mapping"].strip(), source, kind)
            options = CsvOptions(values["delimiter"], values["encoding"], has_header=not values["no_header"])
            rows = open_rows(file, name, mapping, options)
            if rows.total > MAX_UPLOAD_ROWS:
                command = "import_transactions" if kind == RecordKind.TRANSACTION else "import_records"
                form.add_error("file", f"About {rows.total:,} rows are too many for a page. Use: manage.py {command}.")
                return False
            if kind != RecordKind.TRANSACTION:
                _upload_records(request, source, kind, rows, name)
                return True
            report = import_file(actor=actor, source=source, file=rows, method=IngestMethod.ADMIN, file_name=name)  # type: ignore[arg-type]
        except FinobsError as error:
            form.add_error(None, refusal_text(error))
            return False
        messages.success(
            request,
            f"{report.received:,} rows: {report.accepted:,} accepted, {report.duplicate:,} duplicate, "
            f"{report.quarantined:,} in quarantine, {report.already_quarantined:,} in quarantine before, "
            f"{report.labels:,} labels of known rows, {report.alerts:,} alert{'' if report.alerts == 1 else 's'}.",
        )
        messages.info(request, f"Read as {'; '.join(rows.layout.in_words())}.")
        return True


def _upload_records(request: HttpRequest, source: Source, kind: str, rows: RowFile, name: str) -> None:
    """Take records in and say what became of them. Raises FinobsError."""
    actor: Any = request.user
    report = import_records(
        actor=actor, source=source, kind=kind, file=rows, method=IngestMethod.ADMIN, file_name=name
    )  # fmt: skip
    messages.success(
        request,
        f"{report.received:,} rows: {report.accepted:,} accepted, {report.duplicate:,} duplicate, "
        f"{report.quarantined:,} in quarantine, {report.already_quarantined:,} in quarantine before.",
    )
    messages.info(request, f"Read as {'; '.join(rows.layout.in_words())}.")


def _mapping(reference: str, source: Source, kind: str) -> mappings.Mapping:
    """The mapping of the form, the source's (which is of transactions), or finobs's own."""
    # `mappings.resolve` would read a file of the server's by its path, which is for commands only.
    if reference and reference not in mappings.NAMED_MAPPINGS and not reference.startswith("{"):
        raise Invalid(f"The mapping must be {', '.join(mappings.NAMED_MAPPINGS)}, or a JSON object.")
    if kind != RecordKind.TRANSACTION:
        return resolve_records(definition_of(kind), reference or mappings.OWN_FORMAT)
    if not reference and source.mapping:
        return mappings.Mapping.parse(source.mapping).for_source(source.attributes)
    return mappings.resolve(reference or "finobs")[0].for_source(source.attributes)


@admin.register(Transaction)
class TransactionAdmin(ReadAdmin):
    list_display = (
        "external_id",
        "account",
        "counterparty",
        "occurred_at",
        "amount",
        "currency",
        "direction",
        "source",
    )
    list_select_related = ("source", "account", "counterparty")
    list_filter = ("source", "direction", "method")
    search_fields = ("=external_id",)
    exclude = ("digest",)


class RowBatchAdmin(ReadAdmin):
    """Rows that came in together, counted by what became of them."""

    list_select_related = ("source", "actor")
    exclude = ("root",)


@admin.register(Batch)
class BatchAdmin(RowBatchAdmin):
    list_display = (
        "id", "source", "kind", "method", "actor", "received_at", "received", "accepted", "duplicate", "quarantined",
        "already_quarantined",
    )  # fmt: skip
    list_filter = ("source", "kind", "method")


@admin.register(LabelBatch)
class LabelBatchAdmin(RowBatchAdmin):
    list_display = (
        "id", "source", "actor", "received_at", "received", "accepted", "corrected", "duplicate", "refused",
    )  # fmt: skip
    list_filter = ("source",)


@admin.register(Label)
class LabelAdmin(ReadAdmin):
    list_display = ("transaction", "is_suspicious", "typology", "known_at", "label_batch")
    list_select_related = ("transaction", "label_batch")
    list_filter = ("is_suspicious", "transaction__source")
    search_fields = ("=transaction__external_id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        return selectors.labels_visible(request.user)


@admin.register(PastLabel)
class PastLabelAdmin(ReadAdmin):
    list_display = ("transaction", "is_suspicious", "typology", "known_at", "replaced_by")
    list_select_related = ("transaction", "replaced_by")
    search_fields = ("=transaction__external_id",)


@admin.register(QuarantinedRow)
class QuarantinedRowAdmin(ReadAdmin):
    list_display = ("id", "source", "kind", "row_number", "reason", "detail", "state", "created_at")
    list_select_related = ("source",)
    list_filter = ("state", "kind", "reason", "source")
    exclude = ("raw", "raw_digest", "salt")
    actions = ("release", "discard")
    action_form = ReasonActionForm

    @admin.action(description="Release the selected rows")
    def release(self, request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> None:
        run_action(self, request, rows, "Released", lambda row, **version: _release(request, row, **version))

    @admin.action(description="Discard the selected rows")
    def discard(self, request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> None:
        actor: Any = request.user
        discard, reason = services.quarantine_discard, action_reason(request)
        run_action(
            self,
            request,
            rows,
            "Discarded",
            lambda row, **version: discard(actor=actor, row=row, reason=reason, **version),
        )


def _release(request: HttpRequest, row: QuarantinedRow, **version: int) -> None:
    actor: Any = request.user
    row = services.quarantine_release(actor=actor, row=row, reason=action_reason(request), **version)
    if row.state != QuarantineState.RELEASED:
        raise Invalid(row.detail)
