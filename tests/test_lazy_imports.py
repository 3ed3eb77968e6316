"""Heavy libraries are imported by the function that needs them, never at start (architecture, section 2)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from finobs.settings.env import BASE_DIR

HEAVY = (
    "sklearn", "shap", "scipy", "onnxruntime", "onnx", "pandas", "pyarrow", "langchain", "boto3", "confluent_kafka",
    "hypothesis", "pytest",
)  # fmt: skip
STARTS = {
    "setup and every address": "import django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns",
    "the web process": "import finobs.rsgi; from django.urls import get_resolver; get_resolver().url_patterns",
    "the ASGI process": "import finobs.asgi; from django.urls import get_resolver; get_resolver().url_patterns",
    "a Celery worker": "import django; django.setup(); from finobs.celery import app; app.loader.import_default_modules()",
    "manage.py check": "import sys; sys.argv = ['manage.py', 'check']; import manage; manage.main()",
}


@pytest.mark.parametrize("start", STARTS)
def test_starting_loads_nothing_heavy(start, tmp_path):
    code = f"{STARTS[start]}\nimport sys; print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "finobs.settings.local", "FINOBS_VAR_DIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip().endswith("HEAVY []"), ran.stdout
