"""The whole address space. Each app owns its part: pages in urls.py, machines in api_urls (both included here)."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from finobs.core import views as core
from finobs.core.schema_view import SchemaRead

urlpatterns: list[URLPattern | URLResolver] = [
    # Machines first: an address is looked for in this order, and theirs are asked for most.
    path("api/v1/", include("detection.api_urls")),
    path("api/v1/", include("transactions.api_urls")),
    path("api/v1/schema", SchemaRead.as_view(), name="api-schema"),
    path("api/v1/", include("finobs.accounts.api_urls")),
    path("api/v1/", include("finobs.ledger.api_urls")),
    path("api/v1/", include("approvals.api_urls")),
    path("api/v1/", include("cases.api_urls")),
    path("", core.home, name="home"),
    path("livez", core.livez, name="livez"),
    path("readyz", core.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("finobs.accounts.urls")),
    path("ledger/", include("finobs.ledger.urls")),
    path("transactions/", include("transactions.urls")),
    path("detection/", include("detection.urls")),
    path("approvals/", include("approvals.urls")),
    path("cases/", include("cases.urls")),
]

handler400 = "finobs.core.http.bad_request"
handler403 = "finobs.core.http.forbidden"
handler404 = "finobs.core.http.not_found"
handler500 = "finobs.core.http.server_error"
