"""Embedded mode: SQLite, no other server, one process. For demos, evaluation and development."""

import secrets
from pathlib import Path

from finobs.settings import env
from finobs.settings.base import *  # noqa: F403
from finobs.settings.base import LOGGING, database
from finobs.settings.secret_strength import require_strong_key

DEBUG = False
env.VAR_DIR.mkdir(parents=True, exist_ok=True)


def _own_secret() -> str:
    """A secret of this installation's own, made at the first start: none is ever shipped."""
    path = env.VAR_DIR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text()


SECRET_KEY = env.SECRET_KEY or _own_secret()
require_strong_key("SECRET_KEY", SECRET_KEY)
ALLOWED_HOSTS = env.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.CSRF_TRUSTED_ORIGINS
DATABASES = {"default": database(env.sqlite_file(env.VAR_DIR / "finobs.sqlite3"))}
# Not the system's temporary folder: there, another user's finobs could not replace this one's files.
HEARTBEAT_DIR = Path(env.HEARTBEAT_DIR or env.VAR_DIR)
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Nobody keeps what a terminal showed: the same lines in a file, at most 25 MB of them.
LOGGING["handlers"]["file"] = {
    **LOGGING["handlers"]["console"],
    "class": "logging.handlers.RotatingFileHandler",
    "filename": env.VAR_DIR / "finobs.log",
    "maxBytes": 5 * 1024 * 1024,
    "backupCount": 4,
    # The file is made by the first line, not by every command.
    "delay": True,
}
LOGGING["root"]["handlers"] = ["console", "file"]
# Each task has its lines in the file; on the terminal they would carry away how to sign in.
LOGGING["handlers"]["console"]["level"] = "WARNING"
