from __future__ import annotations

from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from .api import StrictView


class SchemaRead(StrictView, SpectacularAPIView):
    """The OpenAPI document itself: YAML, or JSON for who accepts no other."""

    def handle_exception(self, exc: Exception) -> Response:
        # A problem is JSON, whatever the document would have been.
        self.request.accepted_renderer, self.request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return super().handle_exception(exc)
