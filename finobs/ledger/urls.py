from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "ledger"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.event_list, name="event-list"),
    path("events/<uuid:uid>/", views.event_detail, name="event-detail"),
    path("checkpoints/", views.checkpoint_list, name="checkpoint-list"),
    path("timeline/<str:subject_type>/<str:subject_id>/", views.timeline, name="timeline"),
]
