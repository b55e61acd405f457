"""All settings. Every environment variable is read here, typed: a wrong value stops the start and says what to set."""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from lib import env
from salesteam import checks, embedded
from salesteam.local_secret import local_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
MODE = env.choice("SALESTEAM_MODE", "local", ("local", "production"))
PRODUCTION = MODE == "production"
checks.refuse_weak_settings(os.environ)
TESTING = "pytest" in sys.modules

# ── Web ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
SECRET_KEY = env.text("SECRET_KEY") or local_secret_key()
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
DEBUG = env.flag("DEBUG", False)
SITE_URL = env.text("SITE_URL", f"http://localhost:{env.whole('PORT', 8000, low=1, high=65535)}").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("https://") else []
ROOT_URLCONF = "salesteam.urls"
WSGI_APPLICATION = "salesteam.wsgi.application"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "deals.imports.storage.LimitedFiles",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
IMPORT_MAX_BYTES = 50 * 1024 * 1024
UPLOAD_DIR = Path(env.text("UPLOAD_DIR") or embedded.here().home / "uploads")

INSTALLED_APPS = [
    "dashboard",
    "metrics",
    "deals",
    "reps",
    "lib",
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
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "salesteam.health.DatabaseDownMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "reps.middleware.RequestLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "reps.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "reps.middleware.SessionAgeMiddleware",
    "reps.middleware.PersonMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.FirstRunMiddleware",
    "reps.middleware.SignInRequiredMiddleware",
    "reps.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "csp.middleware.CSPMiddleware",
    "reps.middleware.NoStoreMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ]
            if not DEBUG
            else ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "dashboard.context.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# ── Data ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _database() -> dict[str, object]:
    url = env.text("DATABASE_URL")
    if not url:
        return embedded.database_settings()
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise env.BadSetting("DATABASE_URL must look like postgresql://user:password@host:5432/name?sslmode=verify-full.")
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


# A stuck query must not hold a page, nor a page a lock (TRUST, data layer); the worker and commands get longer.
STATEMENT_TIMEOUT_S = env.whole("STATEMENT_TIMEOUT_S", 600, low=1, high=86400)
_timeouts = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_S}s -c lock_timeout=3s -c idle_in_transaction_session_timeout=600s -c jit=off"
)
DATABASES = {"default": {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, **_database()}}
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 3,
    "application_name": "salesteam",
    **DATABASES["default"].get("OPTIONS", {}),  # type: ignore[dict-item]
    "options": _timeouts,
}
REDIS_URL = env.text("REDIS_URL") or embedded.redis_url()

# ── Sign-in ─────────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "reps.User"
# The address is unique by Lower(email), a constraint that this check does not look for.
# Whether browsers may preload HSTS for the whole domain is for its owner to say, not for one of its sites.
SILENCED_SYSTEM_CHECKS = ["auth.W004", "security.W021"]
AUTHENTICATION_BACKENDS = ["reps.signin.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "reps.signin.ProductWordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "reps.signin.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Our own throttle counts in PostgreSQL before any password is hashed (reps/signin.py).
ACCOUNT_RATE_LIMITS = False
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "reps.tokens.ResetTokens"
ACCOUNT_FORMS = {"login": "reps.forms.signin.SignInForm", "reset_password": "reps.forms.signin.ResetForm"}
# Whether admins and finance may work without a second factor. Everybody else may switch one on.
SECOND_FACTOR = env.choice("SECOND_FACTOR", "required" if PRODUCTION else "offered", ("required", "offered"))
MFA_ADAPTER = "reps.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
# How many reverse proxies of yours stand in front: that many entries of X-Forwarded-For are believed (reps/addresses.py).
TRUSTED_PROXY_COUNT = env.whole("TRUSTED_PROXY_COUNT", 0, high=10)

# How long a session lasts depends on who it is: reps/sessions.py.
SESSION_ENGINE = "reps.sessions"
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "salesteam_session"
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "salesteam_csrf"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "dashboard.errors.csrf_failed"

# ── Headers ─────────────────────────────────────────────────────────────────────────────────────────────────────────
SECURE_SSL_REDIRECT = PRODUCTION and env.flag("SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", False) else None
SECURE_REDIRECT_EXEMPT = [r"^healthz"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────────────
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("STATIC_ROOT") or embedded.here().home / "static")
_storage = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if TESTING or DEBUG
    else (
        "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.flag("COMPRESS_STATIC", False)
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    )
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": UPLOAD_DIR}},
    "staticfiles": {"BACKEND": _storage},
}
WHITENOISE_USE_FINDERS = TESTING or DEBUG

# ── Words and zones ─────────────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("id", _("Indonesian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["lib.formats"]

# ── Mail ────────────────────────────────────────────────────────────────────────────────────────────────────────────
EMAIL_BACKEND = env.text("EMAIL_BACKEND") or (
    "django.core.mail.backends.smtp.EmailBackend" if PRODUCTION else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = embedded.here().home / "mail"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole("EMAIL_PORT", 587 if PRODUCTION else 25, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", PRODUCTION)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Salesteam <salesteam@localhost>")

# ── Logs: one JSON line each in production, readable lines at home ──────────────────────────────────────────────────
_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[*_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer()
            if env.choice("LOG_FORMAT", "json" if PRODUCTION else "text", ("json", "text")) == "json"
            else structlog.dev.ConsoleRenderer(colors=False),
            "foreign_pre_chain": _processors,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))},
    "loggers": {
        "django": {"level": "INFO", "propagate": True},
        "celery": {"level": "WARNING", "propagate": True},  # a task that matters logs what it did itself
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}

# ── Celery: see salesteam/celery.py ─────────────────────────────────────────────────────────────────────────────────

# ── API: see salesteam/api.py and docs/api.md ───────────────────────────────────────────────────────────────────────
# Requests of one token in one minute of the clock.
API_PER_MINUTE = env.whole("API_PER_MINUTE", 120, low=1, high=1_000_000)
REST_FRAMEWORK = {
    # Each address says itself who it is for; one that forgot to would be open to nobody.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "lib.api.schema.Described",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Salesteam",
    "DESCRIPTION": "People, accounts, leads, deals and activities, with the rights of the token's owner. See docs/api.md.",
    "VERSION": "1",
    "SERVERS": [{"url": SITE_URL}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "AUTHENTICATION_WHITELIST": ["reps.api.auth.TokenAuthentication"],
}
