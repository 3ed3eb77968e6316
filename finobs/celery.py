"""The Celery application. Its only caller is finobs.core.dispatch."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.local")

app = Celery("finobs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
