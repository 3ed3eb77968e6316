from django.urls import URLPattern, URLResolver, path

from . import views
from .choices import ItemKind

app_name = "cases"
CASE, INCIDENT = {"kind": ItemKind.CASE.value}, {"kind": ItemKind.INCIDENT.value}


def _of_item(prefix: str, kind: dict[str, str]) -> list[URLPattern]:
    """The pages of one incident or case: the same for both kinds."""
    name = kind["kind"]
    at = f"{prefix}<str:reference>/"
    return [
        path(at, views.item_detail, kind, name=f"{name}-detail"),
        path(f"{at}take/", views.item_take, kind, name=f"{name}-take"),
        path(f"{at}release/", views.item_release, kind, name=f"{name}-release"),
        path(f"{at}assign/", views.item_assign, kind, name=f"{name}-assign"),
        path(f"{at}wait/", views.item_wait, kind, name=f"{name}-wait"),
        path(f"{at}move/", views.item_move, kind, name=f"{name}-move"),
        path(f"{at}close/", views.item_close, kind, name=f"{name}-close"),
        path(f"{at}reopen/", views.item_reopen, kind, name=f"{name}-reopen"),
        path(f"{at}tag/", views.item_tag, kind, name=f"{name}-tag"),
        path(f"{at}untag/", views.item_untag, kind, name=f"{name}-untag"),
        path(f"{at}queues/", views.item_queues, kind, name=f"{name}-queues"),
        path(f"{at}timeline/", views.item_timeline, kind, name=f"{name}-timeline"),
        path(f"{at}notes/", views.note_add, kind, name="note-add" if kind is CASE else "incident-note-add"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.my_work, name="my-work"),
    path("search/", views.search, name="search"),
    path("queues/", views.queue_list, name="queue-list"),
    path("queues/<slug:slug>/", views.queue_work, CASE, name="queue-work"),
    path("queues/<slug:slug>/take-next/", views.item_take_next, CASE, name="case-take-next"),
    path("queues/<slug:slug>/incidents/", views.queue_work, INCIDENT, name="queue-triage"),
    path("queues/<slug:slug>/incidents/take-next/", views.item_take_next, INCIDENT, name="incident-take-next"),
    path("queues/<slug:slug>/incidents/close/", views.incidents_close, name="incidents-close"),
    path("policies/", views.work_policies, name="work-policies"),
    path("policies/programme/", views.programme_create, name="programme-create"),
    path("policies/<slug:slug>/", views.work_policy_detail, name="work-policy-detail"),
    path("policies/<slug:slug>/change/", views.work_policy_change, name="work-policy-change"),
    path("policies/<slug:slug>/dry-run/", views.work_policy_dry_run, name="work-policy-dry-run"),
    path("policies/<slug:slug>/revert/", views.work_policy_revert, name="work-policy-revert"),
    path("customers/<int:pk>/", views.customer_items, CASE, name="customer-cases"),
    path("customers/<int:pk>/incidents/", views.customer_items, INCIDENT, name="customer-incidents"),
    path("accounts/<int:pk>/", views.account_items, CASE, name="account-cases"),
    path("accounts/<int:pk>/incidents/", views.account_items, INCIDENT, name="account-incidents"),
    path("incidents/", views.incident_list, name="incident-list"),
    path("incidents/new/", views.incident_open, name="incident-open"),
    path("incidents/<str:reference>/escalate/", views.item_escalate, name="incident-escalate"),
    path("<str:reference>/subjects/add/", views.case_subject_add, name="case-subject-add"),
    path("<str:reference>/subjects/<int:pk>/change/", views.case_subject_change, name="case-subject-change"),
    path("<str:reference>/subjects/<int:pk>/remove/", views.case_subject_remove, name="case-subject-remove"),
    *_of_item("incidents/", INCIDENT),
    *_of_item("", CASE),
]
