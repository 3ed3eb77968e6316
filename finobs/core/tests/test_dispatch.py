"""Tasks are sent by whoever wrote what they wake a worker for: a web process or a command, which loaded no task yet."""

from __future__ import annotations

import subprocess
import sys

from finobs.settings.env import BASE_DIR

CODE = """
import django
django.setup()
from finobs.core import dispatch
print(dispatch.task_by_name("detection.tasks.train_model").name)
"""


def test_a_process_that_is_no_worker_knows_every_task():
    ran = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=True, cwd=BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "finobs.settings.test", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert ran.stdout.strip() == "detection.tasks.train_model"
