from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "transactions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.transaction_list, name="transaction-list"),
    path("<int:pk>/", views.transaction_detail, name="transaction-detail"),
    path("accounts/", views.account_list, name="account-list"),
    path("accounts/<int:pk>/", views.account_detail, name="account-detail"),
    path("accounts/<int:pk>/activity/", views.account_activity, name="account-activity"),
    path("batches/", views.batch_list, name="batch-list"),
    path("batches/<int:pk>/", views.batch_detail, name="batch-detail"),
    path("quarantine/", views.quarantine_list, name="quarantine-list"),
    path("quarantine/rows.csv", views.quarantine_file, name="quarantine-file"),
    path("quarantine/<int:pk>/", views.quarantine_detail, name="quarantine-detail"),
    path("quarantine/<int:pk>/raw/", views.quarantine_raw, name="quarantine-raw"),
    path("quarantine/<int:pk>/correct/", views.quarantine_correct, name="quarantine-correct"),
    path("quarantine/<int:pk>/release/", views.quarantine_release, name="quarantine-release"),
    path("quarantine/<int:pk>/discard/", views.quarantine_discard, name="quarantine-discard"),
]
