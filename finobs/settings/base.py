"""Settings that every mode shares. Modes differ in servers and strictness only; the code is the same."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from redis.backoff import NoBackoff
from redis.retry import Retry

from finobs.settings import env, process_limits, vendors
from finobs.settings.logs import LOGGING as LOGGING

vendors.silence()

BASE_DIR = env.BASE_DIR

INSTALLED_APPS = [
    "finobs.core",
    "finobs.accounts",
    "finobs.ledger",
    "transactions",
    "approvals",
    "detection",
    "cases",
    "exports",
    "agents",
    "finobs.apps.FinobsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "guardian",
    "simple_history",
    "django_htmx",
    "csp",
    "template_partials",
    "axes",
    "channels",
    "django_celery_beat",
    "finobs.embedded",
    "finobs.demo",
]

MIDDLEWARE = [
    # First, so that every answer carries the id under which the log tells of it, refusals by what follows included.
    "finobs.core.middleware.RequestContextMiddleware",
    # SEC-2: on every answer, also on those that a middleware further in gives by itself.
    "finobs.core.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "finobs.core.content_security.ContentSecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "finobs.accounts.middleware.SessionLifetimeMiddleware",
    "finobs.accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "finobs.core.middleware.ErrorsMiddleware",
    # django-axes asks to be the last.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "finobs.urls"
ASGI_APPLICATION = "finobs.asgi.application"
WSGI_APPLICATION = "finobs.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "finobs.core.navigation.shell",
            ],
            "builtins": ["template_partials.templatetags.partials", "finobs.core.templatetags.finobs"],
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    # django-axes asks to be the first: while a limit holds, no password is compared.
    "axes.backends.AxesStandaloneBackend",
    "finobs.accounts.backends.RolePermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    # SEC-7: at least 12 characters, no rule of composition.
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "finobs.accounts.password_rules.OwnWordsValidator"},
    {"NAME": "finobs.accounts.password_rules.VarietyValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "accounts:sign-in"

# guardian would make a row for anonymous people and give grants to it: nobody is nobody.
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False
# Grants are read by core.access, not by an authentication backend.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

# Of one account from one address; `accounts.throttling` adds the two wider limits (SEC-7).
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "finobs.accounts.throttling.AttemptHandler"
AXES_LOCKOUT_CALLABLE = "finobs.accounts.throttling.locked_out"
AXES_CLIENT_IP_CALLABLE = "finobs.accounts.throttling.client_ip"
AXES_USERNAME_CALLABLE = "finobs.accounts.throttling.client_username"
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
# Otherwise whoever keeps trying keeps a person shut out for good (SEC-7).
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False

TRUSTED_PROXIES = env.TRUSTED_PROXIES
# Links to set a password, given in person.
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60

# A copy of the database must not sign in: the table has digests of the keys.
SESSION_ENGINE = "finobs.accounts.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_IDLE_SECONDS = env.SESSION_IDLE_SECONDS
CUSTOMER_RETENTION_YEARS = env.CUSTOMER_RETENTION_YEARS
SESSION_ABSOLUTE_SECONDS = env.SESSION_ABSOLUTE_SECONDS
# As long as the longest session: whether one lives is decided by its row, not by the cookie (SEC-3).
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "finobs.core.http.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        # Nothing inline and no eval, for whatever text a transaction or a customer brings into a page.
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "finobs.formats"
TIME_ZONE = env.TIME_ZONE
# Templates ask for separators where people read; ids must not get them.
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.VAR_DIR / "static"

# One transaction of 10,000 rows at about 1 kB each, with room; larger bodies are answered 413.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "finobs.accounts.authentication.ApiTokenAuthentication",
        "finobs.accounts.authentication.JwtAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["finobs.accounts.authentication.IsSignedIn"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["finobs.core.http.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "finobs.core.api_schema.OperationSchema",
    "EXCEPTION_HANDLER": "finobs.core.http.problem_handler",
    # There is one format, so that `?format=` is a parameter like any other that nobody reads: refused by its name.
    "URL_FORMAT_OVERRIDE": None,
    # Selectors give nothing to None: no anonymous object that could be taken for somebody.
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "finobs API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["finobs.accounts.authentication.IsSignedIn"],
    "ENUM_NAME_OVERRIDES": {
        "OutcomeEnum": "detection.choices.Outcome.choices",
        "IngestMethodEnum": "transactions.choices.IngestMethod.choices",
        "PaymentMethodEnum": "transactions.choices.PaymentMethod.choices",
        "AccountKindEnum": "transactions.choices.AccountKind.choices",
        "AccountStatusEnum": "transactions.choices.AccountStatus.choices",
        "CounterpartyKindEnum": "transactions.choices.CounterpartyKind.choices",
        "RateStatusEnum": "transactions.choices.RateStatus.choices",
        "RowStatusEnum": "transactions.choices.RowStatus.choices",
        "LabelStatusEnum": "transactions.choices.LabelStatus.choices",
        "CaseStatusEnum": "cases.choices.CaseStatus.choices",
        "EntryCauseEnum": "cases.choices.EntryCause.choices",
        "GatheringCauseEnum": "cases.choices.GatheringCause.choices",
        "SubjectRoleEnum": "cases.choices.SubjectRole.choices",
        "IncidentStatusEnum": "cases.choices.IncidentStatus.choices",
        "RequestStateEnum": "approvals.choices.RequestState.choices",
        "QuarantineStateEnum": "transactions.choices.QuarantineState.choices",
        "RecordKindEnum": "transactions.choices.RecordKind.choices",
        "CustomerKindEnum": "transactions.choices.CustomerKind.choices",
        "RelationKindEnum": "transactions.choices.RelationKind.choices",
        "PartyRoleEnum": "transactions.choices.PartyRole.choices",
        "DeliveryFaultKindEnum": "transactions.choices.DeliveryFaultKind.choices",
        "DeliveryStateEnum": "transactions.choices.DeliveryState.choices",
        "ModelRoleEnum": "detection.choices.ModelRole.choices",
        "UnitKindEnum": "finobs.accounts.choices.UnitKind.choices",
        "JobStateEnum": "finobs.core.jobs.choices.JobState.choices",
    },
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "ISSUER": "finobs",
    "AUDIENCE": "finobs-api",
}

# What came of a task is in the row of its job.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "finobs.core.beat:HeartbeatScheduler"
# A worker that trains for minutes must not hold the next wake-up call meanwhile.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A call is done when its task has ended, so that a killed worker's is given to another. What a job has done is not lost
# or done twice by that: its row and lease decide (finobs/core/jobs).
CELERY_TASK_ACKS_LATE = True

# In production a process of its own seals (manage.py seal_ledger --loop): it alone can read the signing key.
LEDGER_SEALED_BY_SCHEDULE = True
HEARTBEAT_DIR = Path(env.HEARTBEAT_DIR or tempfile.gettempdir())
LEDGER_KEY_FILE = env.LEDGER_KEY_FILE
LEDGER_VKEYS_FILE = env.LEDGER_VKEYS_FILE
LEDGER_ORIGIN = env.LEDGER_ORIGIN

SQLITE_OPTIONS: dict[str, Any] = {
    # One writer at a time, known when the transaction begins, not in its middle (ecosystem trial, section 3).
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
        "PRAGMA cache_size=-65536; PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864;"
    ),
}


def database(default_url: str) -> dict[str, Any]:
    """The database of DATABASE_URL with the options that finobs relies on for it."""
    config = env.database("DATABASE_URL", default_url)
    if "sqlite" in config["ENGINE"]:
        config["OPTIONS"] = SQLITE_OPTIONS
    else:
        config["ENGINE"] = "finobs.core.db.postgresql"
        # A connection for each request costs more than the request (decision 4).
        config["CONN_MAX_AGE"] = 600
        # Seen on the socket by finobs.core.db.postgresql, not asked of the server (decision 11).
        config["CONN_HEALTH_CHECKS"] = True
        after = env.DATABASE_PREPARE_AFTER or None
        ours = {
            "server_side_binding": True,
            "prepare_threshold": after,
            "answer_seconds": process_limits.answer_seconds(env.DATABASE_LIMITS),
        }
        config["OPTIONS"] = (
            process_limits.postgresql_options(env.PROCESS, env.DATABASE_LIMITS) | ours | config.get("OPTIONS", {})
        )
    return config


def celery_broker() -> str:
    return env.REDIS_URL or "memory://localhost"


CELERY_BROKER_URL = celery_broker()
CELERY_BROKER_CONNECTION_TIMEOUT = process_limits.CONNECT_SECONDS
# A worker that lost its broker looks for it until it is back.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# One more try; what could not be sent is found by the schedule.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2, "interval_max": 0.2}
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    process_limits.redis_options()
    if env.REDIS_URL
    # The virtual transports poll once a second unless told otherwise: 16 tasks a second (measured).
    else {"polling_interval": 0.05}
)
CHANNEL_LAYERS: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                "hosts": [
                    {"address": env.REDIS_URL, **process_limits.redis_options(process_limits.CHANNELS_ANSWER_SECONDS)}
                ]
            },
        }
        if env.REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}
CACHES: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": env.REDIS_URL,
            # redis-py tries ten times by itself, with the time-out each time.
            "OPTIONS": process_limits.redis_options() | {"retry": Retry(NoBackoff(), 0)},
        }
        if env.REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
