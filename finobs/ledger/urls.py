from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "ledger"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.event_list, name="event-list"),
    path("events/<uuid:uid>/", views.event_detail, name="event-detail"),
    path("events/<uuid:uid>/proof/", views.event_proof, name="event-proof"),
    path("events/<uuid:uid>/proof.json", views.event_proof_file, name="event-proof-file"),
    path("consistency/", views.consistency_proof, name="consistency-proof"),
    path("consistency.json", views.consistency_proof_file, name="consistency-proof-file"),
    path("checkpoints/", views.checkpoint_list, name="checkpoint-list"),
    path("timeline/<str:subject_type>/<str:subject_id>/", views.timeline, name="timeline"),
]
