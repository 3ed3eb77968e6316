from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "cases"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.my_work, name="my-work"),
    path("search/", views.search, name="search"),
    path("queues/", views.queue_list, name="queue-list"),
    path("queues/<slug:slug>/", views.queue_work, name="queue-work"),
    path("queues/<slug:slug>/take-next/", views.case_take_next, name="case-take-next"),
    path("incidents/", views.incident_list, name="incident-list"),
    path("incidents/<str:reference>/", views.incident_detail, name="incident-detail"),
    path("<str:reference>/", views.case_detail, name="case-detail"),
    path("<str:reference>/take/", views.case_take, name="case-take"),
    path("<str:reference>/release/", views.case_release, name="case-release"),
    path("<str:reference>/assign/", views.case_assign, name="case-assign"),
    path("<str:reference>/close/", views.case_close, name="case-close"),
    path("<str:reference>/notes/", views.note_add, name="note-add"),
]
