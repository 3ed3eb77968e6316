"""Heavy libraries stay out of every process that does not use them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from detection.pipeline.assess import assess
from detection.tests import scenarios
from tests import factories

HEAVY = ("numpy", "scipy", "sklearn", "onnx", "onnxruntime")
CODE = """
import django, sys
django.setup()
import detection.admin, detection.tasks, detection.urls, detection.api_urls, detection.bootstrap
print(",".join(name for name in {heavy!r} if name in sys.modules))
"""


@pytest.mark.parametrize("settings", ["finobs.settings.test"])
def test_importing_detection_loads_no_heavy_library(settings):
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(heavy=HEAVY)], capture_output=True, text=True, check=True, timeout=60,
        env={"DJANGO_SETTINGS_MODULE": settings, "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stdout.strip() == ""


@pytest.mark.django_db
def test_deciding_by_rules_alone_needs_no_heavy_library(source, gathered, monkeypatch):
    for name in HEAVY:
        monkeypatch.setitem(sys.modules, name, None)
    factories.rule_version()
    rows = scenarios.transactions(source, [1_000_000])
    assert assess(batch=rows[0].batch, transactions=rows)[0].outcome == "review"
