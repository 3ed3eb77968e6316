"""Production: PostgreSQL and Redis, TLS in front. Refuses to start on a default or a guess (SEC-1)."""

from django.core.exceptions import ImproperlyConfigured

from finobs.settings import env
from finobs.settings.base import *  # noqa: F403
from finobs.settings.base import database
from finobs.settings.secret_strength import passwords_in, require_strong_key, require_strong_password

DEBUG = False
for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS"):
    if not getattr(env, name):
        raise ImproperlyConfigured(f"{name} must be set in production")
require_strong_key("SECRET_KEY", env.SECRET_KEY)
for name in ("DATABASE_URL", "REDIS_URL"):
    for password in passwords_in(getattr(env, name)):
        require_strong_password(name, password)
require_strong_password("PGPASSWORD (with compose: POSTGRES_PASSWORD)", env.PGPASSWORD)
if "*" in env.ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name hosts, not *")

SECRET_KEY = env.SECRET_KEY
ALLOWED_HOSTS = env.ALLOWED_HOSTS
CSRF_TRUSTED_ORIGINS = env.CSRF_TRUSTED_ORIGINS
DATABASES = {"default": database("")}
if "postgresql" not in DATABASES["default"]["ENGINE"]:
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database in production")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
# Load balancers ask over plain HTTP, from inside.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
# Two years; SEC-2 asks for one at least.
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
# Browsers keep a __Host- cookie only if it is Secure, of this very host, and for all its paths (SEC-3).
SESSION_COOKIE_NAME = "__Host-finobs"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# A process with a system user of its own seals: neither web processes nor workers can read the signing key.
LEDGER_SEALED_BY_SCHEDULE = False
