"""Exchange rates in the back office: read, and brought in by a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from finobs.core.admin import ReadAdmin
from finobs.core.errors import FinobsError, NotAllowed
from finobs.core.refusals import refusal_text

from .file_names import plain_file_name
from .files import CsvOptions, open_rows
from .models import ExchangeRate, ExchangeRateBatch
from .rate_import import import_rates
from .rate_rows import MAX_SOURCE_LENGTH, rate_mapping

# What one web request may reasonably take: the command takes any size.
MAX_UPLOAD_RATES = 50_000
MAX_REFUSALS = 5


class RateUploadForm(forms.Form):
    file = forms.FileField(
        help_text=f"CSV or Parquet with base, quote, rate and date; at most {MAX_UPLOAD_RATES:,} rows."
    )
    published_by = forms.CharField(
        required=False,
        max_length=MAX_SOURCE_LENGTH,
        help_text="Who published them, for a file without a column source.",
    )
    delimiter = forms.CharField(required=False, max_length=1, strip=False, help_text="Of CSV. Empty: found.")


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ReadAdmin):
    list_display = ("base", "quote", "rate", "date", "source", "batch")
    list_select_related = ("batch",)
    list_filter = ("source", "base")
    date_hierarchy = "date"
    change_list_template = "admin/transactions/exchangerate/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        upload = self.admin_site.admin_view(self.upload_view)
        return [path("upload/", upload, name="transactions_exchangerate_upload"), *super().get_urls()]

    def has_upload_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add", None)

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """A file of rates, taken in while the administrator waits."""
        if not self.has_upload_permission(request):
            raise NotAllowed
        form = RateUploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and self._upload(request, form):
            return redirect(reverse("transactions:exchange-rate-list"))
        context = {**self.admin_site.each_context(request), "form": form, "opts": self.model._meta}
        context["title"] = "Upload exchange rates"
        return TemplateResponse(request, "admin/transactions/source/upload.html", context)

    def _upload(self, request: HttpRequest, form: RateUploadForm) -> bool:
        file, actor = form.cleaned_data["file"], request.user
        try:
            name = plain_file_name(file.name)
            mapping = rate_mapping(form.cleaned_data["published_by"])
            rows = open_rows(file, name, mapping, CsvOptions(form.cleaned_data["delimiter"]))
            if rows.total > MAX_UPLOAD_RATES:
                form.add_error("file", f"About {rows.total:,} rows are too many: use manage.py import_exchange_rates.")
                return False
            report = import_rates(actor=actor, file=rows, file_name=name)  # type: ignore[arg-type]
        except FinobsError as error:
            form.add_error(None, refusal_text(error))
            return False
        messages.success(
            request,
            f"{report.received:,} rates: {report.accepted:,} accepted, {report.duplicate:,} duplicate, "
            f"{report.refused:,} refused.",
        )
        for refusal in report.refusals[:MAX_REFUSALS]:
            messages.warning(request, f"Row {refusal['row']}: {refusal['detail']}")
        return True

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may_upload = self.has_upload_permission(request)
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "may_upload": may_upload})
        return response


@admin.register(ExchangeRateBatch)
class ExchangeRateBatchAdmin(ReadAdmin):
    list_display = ("id", "actor", "received_at", "received", "accepted", "duplicate", "refused", "file_name")
    list_select_related = ("actor",)
    exclude = ("root",)
