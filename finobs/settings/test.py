"""Tests: in memory unless DATABASE_URL and REDIS_URL choose servers. Tasks run at once, in the test's process."""

import tempfile
from pathlib import Path

from finobs.settings import env
from finobs.settings.base import *  # noqa: F403
from finobs.settings.base import INSTALLED_APPS, database

# Two kinds of job whose tables are there for tests only.
INSTALLED_APPS = [*INSTALLED_APPS, "finobs.core.jobs.tests.apps.JobTestsConfig"]
DEBUG = False
SECRET_KEY = "test-only-" + "k" * 60
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
_var = Path(tempfile.mkdtemp(prefix="finobs-test-"))
DATABASES = {"default": database(env.sqlite_file(_var / "test.sqlite3"))}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file, not :memory:, so that threads and child processes of a test see the same rows.
    DATABASES["default"]["TEST"] = {"NAME": str(_var / "test_finobs.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
# A good hasher is slow on purpose, and a test signs people in all the time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
HEARTBEAT_DIR = _var
LEDGER_KEY_FILE = str(_var / "ledger.key")
LEDGER_VKEYS_FILE = str(_var / "ledger.vkeys")
STATIC_ROOT = _var / "static"
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
