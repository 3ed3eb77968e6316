from django.urls import URLPattern, URLResolver, path

from . import api

app_name = "ledger_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("ledger/events", api.EventList.as_view(), name="event-list"),
    path("ledger/events/<uuid:uid>", api.EventDetail.as_view(), name="event-detail"),
    path("ledger/events/<uuid:uid>/proof", api.EventProof.as_view(), name="event-proof"),
    path("ledger/checkpoints", api.CheckpointList.as_view(), name="checkpoint-list"),
    path("ledger/checkpoints/latest", api.CheckpointLatest.as_view(), name="checkpoint-latest"),
    path("ledger/consistency", api.ConsistencyProof.as_view(), name="consistency-proof"),
]
