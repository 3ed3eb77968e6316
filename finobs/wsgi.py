"""WSGI: pages and API in production."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from finobs.core import collector, process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.production")
process.serve()
application = get_wsgi_application()
# Loads the pages, so that they are among what stays.
_ = get_resolver().url_patterns
collector.settle()
