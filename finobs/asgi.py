"""ASGI: everything in embedded mode; in production only what is live."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from finobs.core import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.production")
process.serve()
application = ProtocolTypeRouter({"http": get_asgi_application()})
