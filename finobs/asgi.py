"""ASGI: everything in embedded mode; in production only what is live."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from django.urls import get_resolver

from finobs.core import collector, process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.production")
process.serve()
django = get_asgi_application()

from finobs.serving.body_limit import BodyLimit, lifespan, refuse_socket  # noqa: E402 (needs the settings)

application = ProtocolTypeRouter({"http": BodyLimit(django), "websocket": refuse_socket, "lifespan": lifespan})
# Loads the pages, so that they are among what stays.
_ = get_resolver().url_patterns
collector.settle()
