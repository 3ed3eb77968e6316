from django.urls import URLPattern, URLResolver, path

from . import api

app_name = "cases_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("cases", api.CaseList.as_view(), name="case-list"),
    path("cases/<str:reference>", api.CaseDetail.as_view(), name="case-detail"),
    path("cases/<str:reference>/take", api.CaseTake.as_view(), name="case-take"),
    path("cases/<str:reference>/release", api.CaseRelease.as_view(), name="case-release"),
    path("cases/<str:reference>/assign", api.CaseAssign.as_view(), name="case-assign"),
    path("cases/<str:reference>/close", api.CaseClose.as_view(), name="case-close"),
    path("cases/<str:reference>/notes", api.NoteList.as_view(), name="note-list"),
    path("queues", api.QueueList.as_view(), name="queue-list"),
    path("queues/<slug:slug>", api.QueueDetail.as_view(), name="queue-detail"),
    path("queues/<slug:slug>/take-next", api.CaseTakeNext.as_view(), name="case-take-next"),
    path("incidents", api.IncidentList.as_view(), name="incident-list"),
    path("incidents/<str:reference>", api.IncidentDetail.as_view(), name="incident-detail"),
]
