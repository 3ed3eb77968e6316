from django.urls import URLPattern, URLResolver, path

from . import views
from .deliveries import views as deliveries
from .parties import resolution_views as resolutions
from .parties import views as parties

app_name = "transactions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.transaction_list, name="transaction-list"),
    path("<int:pk>/", views.transaction_detail, name="transaction-detail"),
    path("accounts/", views.account_list, name="account-list"),
    path("accounts/<int:pk>/", views.account_detail, name="account-detail"),
    path("accounts/<int:pk>/activity/", views.account_activity, name="account-activity"),
    path("accounts/<int:pk>/details/", views.account_change, name="account-change"),
    path("counterparties/", views.counterparty_list, name="counterparty-list"),
    path("counterparties/<int:pk>/", views.counterparty_detail, name="counterparty-detail"),
    path("counterparties/<int:pk>/details/", views.counterparty_change, name="counterparty-change"),
    path("counterparties/<int:pk>/resolve/", resolutions.counterparty_resolve, name="counterparty-resolve"),
    path("resolutions/<int:pk>/unresolve/", resolutions.counterparty_unresolve, name="counterparty-unresolve"),
    path("exchange-rates/", views.exchange_rate_list, name="exchange-rate-list"),
    path("customers/", parties.customer_list, name="customer-list"),
    path("customers/<int:pk>/", parties.customer_detail, name="customer-detail"),
    path("customers/<int:pk>/transactions/", parties.customer_transactions, name="customer-transactions"),
    path("customers/<int:pk>/counterparties/", resolutions.customer_counterparties, name="customer-counterparties"),
    path("customers/<int:pk>/correct/", parties.customer_correct, name="customer-correct"),
    path("customers/<int:pk>/erase/", parties.customer_erase, name="customer-erase"),
    path("customers/<int:pk>/account-parties/", parties.account_party_add, name="account-party-add"),
    path("customers/<int:pk>/relations/", parties.relation_add, name="relation-add"),
    path("account-parties/<int:pk>/end-on/", parties.account_party_end, name="account-party-end"),
    path("account-parties/<int:pk>/withdraw/", parties.account_party_withdraw, name="account-party-withdraw"),
    path("relations/<int:pk>/end-on/", parties.relation_end, name="relation-end"),
    path("relations/<int:pk>/withdraw/", parties.relation_withdraw, name="relation-withdraw"),
    path("batches/", views.batch_list, name="batch-list"),
    path("batches/<int:pk>/", views.batch_detail, name="batch-detail"),
    path("sources/", deliveries.source_list, name="source-list"),
    path("sources/<slug:slug>/", deliveries.source_detail, name="source-detail"),
    path("deliveries/", deliveries.delivery_calendar, name="delivery-calendar"),
    path("deliveries/<int:pk>/", deliveries.delivery_detail, name="delivery-detail"),
    path("deliveries/<int:pk>/announce/", deliveries.delivery_announce, name="delivery-announce"),
    path("deliveries/faults/", deliveries.delivery_fault_list, name="delivery-fault-list"),
    path("deliveries/faults/<int:pk>/settle/", deliveries.delivery_fault_settle, name="delivery-fault-settle"),
    path("quarantine/", views.quarantine_list, name="quarantine-list"),
    path("quarantine/rows.csv", views.quarantine_file, name="quarantine-file"),
    path("quarantine/<int:pk>/", views.quarantine_detail, name="quarantine-detail"),
    path("quarantine/<int:pk>/raw/", views.quarantine_raw, name="quarantine-raw"),
    path("quarantine/<int:pk>/correct/", views.quarantine_correct, name="quarantine-correct"),
    path("quarantine/<int:pk>/release/", views.quarantine_release, name="quarantine-release"),
    path("quarantine/<int:pk>/discard/", views.quarantine_discard, name="quarantine-discard"),
]
