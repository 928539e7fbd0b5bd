"""Settings for every installation; what differs comes from the environment."""

from __future__ import annotations

from pathlib import Path

import plotly
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF

from console.config import env, logs

BASE_DIR = env.BASE_DIR
DATA_DIR = env.DATA_DIR
URLS = env.service_urls()

SECRET_KEY = env.secret_key()
SUPPRESSION_KEY = env.suppression_key()
LIKELY_USED_BY_CHILDREN = env.env.bool("LIKELY_USED_BY_CHILDREN", default=False)
DEBUG = env.env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"]
)
HTTPS = env.env.bool("HTTPS", default=False)
REQUIRE_MFA = env.env.bool("REQUIRE_MFA", default=True)
PUBLIC_URL = env.env.str("PUBLIC_URL", default="")
INGEST_PARALLEL = env.env.int("INGEST_PARALLEL", default=6)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

INSTALLED_APPS = [
    "console",
    "decisioning",
    "governance",
    "console.admin_app.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "django_linear_migrations",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lucide",
    "pgtrigger",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "decisioning.api.hot_path.HotPathMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "console.config.headers.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "governance.access.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "console.config.urls"
WSGI_APPLICATION = "console.config.wsgi.application"

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
                "console.pages.context.shell",
            ],
            "builtins": ["console.templatetags.ui", "console.templatetags.fmt"],
        },
    }
]

DATABASES = {
    "default": {
        **env.database_dict(URLS["DATABASE_URL"]),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "owner"},
    },
    "owner": env.database_dict(URLS["MIGRATION_DATABASE_URL"]),
}
DATABASE_ROUTERS = ["console.config.routers.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": env.cache_dict(URLS["CACHE_URL"])}

CELERY_BROKER_URL = URLS["CELERY_BROKER_URL"]
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    name: {"task": f"decisioning.{task}", "schedule": seconds}
    for name, task, seconds in (
        ("Release what was not shown", "release_unshown_reservations", 60),
        ("Count running experiments", "refresh_all_statistics", 300),
        ("Check guardrails", "check_guardrails", 300),
        ("Widen what was scaled", "ramp_up", 3600),
        ("Finish tests at their planned end", "finish_tests", 600),
        ("Refresh scorecards", "refresh_scorecards", 600),
        ("Tell audiences who came and left", "sync_audiences", 300),
        ("Send what audiences wait for", "send_audience_messages", 60),
        ("Rebuild segments whose rule changed", "rebuild_changed_segments", 60),
        ("Write down consents that ended", "expire_consents", 24 * 3600),
        ("Put late requests before a person", "escalate_rights_requests", 3600),
        ("Forget scores of those who left", "forget_withdrawn_scores", 6 * 3600),
        ("Count what came in", "watch_data_quality", 300),
        ("Move the windows of features on", "move_feature_windows", 24 * 3600),
        ("End sessions", "end_sessions", 300),
        ("Audit whom it might disadvantage", "audit_fairness", 24 * 3600),
        ("Make room for coming months", "keep_event_months", 24 * 3600),
    )
}
CELERY_BEAT_SCHEDULE["Rebuild every segment, each night"] = {
    "task": "decisioning.rebuild_segments",
    "schedule": crontab(hour="2", minute="30"),
}
CELERY_BEAT_SCHEDULE["Take up jobs that were left"] = {
    "task": "console.resume_jobs",
    "schedule": 30,
}
CELERY_BEAT_SCHEDULE["Delete what is past its time, each night"] = {
    "task": "decisioning.enforce_retention",
    "schedule": crontab(hour="3", minute="30"),
}
CELERY_BEAT_SCHEDULE["Seal what was written"] = {
    "task": "governance.seal_records",
    "schedule": 60,
}
CELERY_BEAT_SCHEDULE["Tell staff what is due, each day"] = {
    "task": "governance.tell_what_is_due",
    "schedule": crontab(hour="6", minute="0"),
}
CELERY_BEAT_SCHEDULE["Send letters to staff"] = {
    "task": "governance.send_letters",
    "schedule": 60,
}
CELERY_BEAT_SCHEDULE["Publish the end of the records, each day"] = {
    "task": "governance.publish_root",
    "schedule": crontab(hour="0", minute="5"),
}
CELERY_TASK_ROUTES = {"console.play_living_world": {"queue": "world"}}

AUTH_USER_MODEL = "governance.User"
# The user name is unique whatever its case, by a constraint on lower(username).
# W001 only tells how the API document numbers operations of one name.
SILENCED_SYSTEM_CHECKS = ["auth.W004", "drf_spectacular.W001"]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation."
        "UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email", "display_name")},
    },
]
ACCOUNT_ADAPTER = "console.pages.account.adapter.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/key,100/h/ip"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "allauth.mfa.adapter.DefaultMFAAdapter"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "errors/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_IPWARE_META_PRECEDENCE_ORDER = ["REMOTE_ADDR"]

SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 30 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "attune_session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "attune_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "console.pages.errors.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# The two style elements that plotly.js inserts: an empty one, and its own rules.
PLOTLY_STYLES = [
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
]
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/api/docs"],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, *PLOTLY_STYLES],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("plotly", Path(plotly.__file__).parent / "package_data"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "console.config.storage.StaticStorage"},
}
WHITENOISE_MAX_AGE = 31_536_000
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
MEDIA_ROOT = DATA_DIR / "files"

LANGUAGE_CODE = "en-gb"
# What customers' pages speak; staff pages are English.
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

EMAIL_CONFIG = env.env.email("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIG.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = EMAIL_CONFIG.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = EMAIL_CONFIG.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = EMAIL_CONFIG.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(EMAIL_CONFIG.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(EMAIL_CONFIG.get("EMAIL_USE_SSL"))
EMAIL_IS_SENT = "console" not in EMAIL_BACKEND
PUBLISHED_ROOTS = env.env.str(
    "PUBLISHED_ROOTS", default=str(DATA_DIR / "published-roots")
)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "governance.api.authentication.ApiKeyAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["governance.api.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "governance.api.problems.problem_details",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Attune",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Events in, decisions out, and everything that governs them.",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "console.config.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "django_structlog": {"level": env.env.str("LOG_LEVEL", default="WARNING")},
    },
}
logs.configure()
