from django.urls import URLPattern, URLResolver, path

from . import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("ledger/events", api.EventList.as_view(), name="api-ledger-events"),
    path("ledger/events/<uuid:uid>", api.EventDetail.as_view(), name="api-ledger-event"),
    path("ledger/events/<uuid:uid>/proof", api.EventProof.as_view(), name="api-ledger-event-proof"),
    path("ledger/checkpoints", api.CheckpointList.as_view(), name="api-ledger-checkpoints"),
    path("ledger/checkpoints/latest", api.CheckpointLatest.as_view(), name="api-ledger-checkpoint-latest"),
    path("ledger/consistency", api.Consistency.as_view(), name="api-ledger-consistency"),
]
