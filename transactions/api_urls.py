from django.urls import URLPattern, URLResolver, path

from . import api

app_name = "transactions_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("transactions", api.TransactionList.as_view(), name="transaction-list"),
    path("transactions/<int:pk>", api.TransactionDetail.as_view(), name="transaction-detail"),
    path("accounts", api.AccountList.as_view(), name="account-list"),
    path("accounts/<int:pk>", api.AccountDetail.as_view(), name="account-detail"),
    path("batches", api.BatchList.as_view(), name="batch-list"),
    path("batches/<int:pk>", api.BatchDetail.as_view(), name="batch-detail"),
    path("labels", api.LabelList.as_view(), name="label-list"),
    path("sources", api.SourceList.as_view(), name="source-list"),
    path("quarantine", api.QuarantineList.as_view(), name="quarantine-list"),
    path("quarantine/<int:pk>", api.QuarantineDetail.as_view(), name="quarantine-detail"),
    path("quarantine/<int:pk>/correct", api.QuarantineCorrect.as_view(), name="quarantine-correct"),
    path("quarantine/<int:pk>/release", api.QuarantineRelease.as_view(), name="quarantine-release"),
    path("quarantine/<int:pk>/discard", api.QuarantineDiscard.as_view(), name="quarantine-discard"),
]
