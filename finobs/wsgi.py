"""WSGI: pages and API in production."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from finobs.core import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.production")
process.serve()
application = get_wsgi_application()
# What is loaded now stays: the collector need not walk it again and again while somebody waits for a decision.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
