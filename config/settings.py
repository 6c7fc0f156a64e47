"""The one settings file. Everything that differs between places comes from the environment.

Safe when nothing is set: DEBUG is off and a missing SECRET_KEY stops the start.
`.env.example` lists every variable with its meaning and its default.
"""

import logging
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from environs import Env, validate
from whitenoise.compress import Compressor

from config.search import search_backend

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)

# --- Who we are -----------------------------------------------------------------------------

SECRET_KEY: str = env.str("SECRET_KEY", validate=validate.Length(min=32))
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [], subcast=str.strip)
DEBUG: bool = env.bool("DEBUG", False)
SITE_URL: str = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
SITE_NAME: str = env.str("SITE_NAME", "Marginalia")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname:
    raise ValueError(f"SITE_URL must begin with http:// or https:// and name a host: {SITE_URL!r}")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [_site.hostname], subcast=str.strip)

# --- Where requests come from ---------------------------------------------------------------

# Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto headers we believe.
# Empty means the socket's own address and nothing else.
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", [], subcast=str.strip)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# An https address means that TLS ends somewhere in front of us; then cookies and links insist.
_https = _site.scheme == "https"
SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", _https)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", 31_536_000 if _https else 0)
# These two bind every other host below ours, so they are for the operator to say.
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD: bool = env.bool("SECURE_HSTS_PRELOAD", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "comments.desk.signing_in.csrf_failure"
# A form page of ours must still send its Origin header, so not "no-referrer".
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "manifest-src": [SELF],
        # The nonce is in no header but of a page that asked for it: the form of an article.
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
    },
}

# --- The application ------------------------------------------------------------------------

INSTALLED_APPS = [
    "staff",
    "wordpress",
    "comments",
    "articles",
    "axes",
    "crispy_forms",
    "csp",
    "django_prose_editor",  # its script
    "modelsearch",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "config.middleware.OnlyTrustedProxies",
    "config.middleware.PermissionsPolicy",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "staff.middleware.Doorkeeper",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Last: sees a 404 before CommonMiddleware looks for a slash to add.
    "wordpress.old_addresses.OldAddresses",
    "articles.publishing.redirects.Formerly",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
                "articles.context_processors.site",
            ],
        },
    },
]

CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "marginalia"
CRISPY_FAIL_SILENTLY = False

# --- What is kept where ---------------------------------------------------------------------

_database = env.dj_db_url("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
if _database["ENGINE"] == "django.db.backends.sqlite3":
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _database["OPTIONS"] = {
        # Take the write lock at BEGIN: a transaction that reads first and writes later would
        # otherwise fail at once with "database is locked" instead of waiting its turn.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Read from where the system keeps the file anyway, up to SQLite's 2 GB: asking it for each
        # page took a sixth of the desk's time in a file of that size.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA mmap_size=2147418112;",
    }
else:
    _database["CONN_HEALTH_CHECKS"] = True
    # For the index of articles. Elsewhere it would only load PostgreSQL's driver: 10 MB a process.
    INSTALLED_APPS.append("django.contrib.postgres")
# To open SQLite's file anew for each request costs as much as a page's queries together.
_database["CONN_MAX_AGE"] = 60
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What processes tell each other: one value that changes with every public change.
CACHES = {"default": env.dj_cache_url("CACHE_URL", "db://shared_cache")}
# Finished pages that a process may keep in memory; 0 switches that off.
PAGE_CACHE_BYTES: int = env.int("PAGE_CACHE_BYTES", 8 * 1024 * 1024)

# Where words are looked up: the database itself, or an OpenSearch or Elasticsearch by address.
SEARCH_URL: str = env.str("SEARCH_URL", "")
MODELSEARCH_BACKENDS = {"default": search_backend(SEARCH_URL)}

STATIC_URL = "/static/"
STATIC_ROOT: Path = env.path("STATIC_ROOT", VAR_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT: Path = env.path("MEDIA_ROOT", VAR_DIR / "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Maps of scripts are for whoever looks into those; to pack them took as long as all else together.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# A comment is at most 5,000 characters; nothing a reader posts comes near this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Staff ----------------------------------------------------------------------------------

# Where staff work: sessions are looked after there, and on no page of readers.
STAFF_PATHS = ("/admin/", "/moderation/")
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "admin:login"
# Counted from signing in, however much a session is used.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
# With true every member of the staff needs an authenticator app; with false, who has set one up.
STAFF_SECOND_FACTOR_REQUIRED: bool = env.bool("STAFF_SECOND_FACTOR_REQUIRED", False)
AUTHENTICATION_BACKENDS = ["staff.throttle.Backend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
# Wrong passwords for one name from one address, and from one address for all names.
AXES_FAILURE_LIMIT, STAFF_ADDRESS_FAILURE_LIMIT = 5, 30
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_HANDLER = "staff.throttle.Attempts"
AXES_CLIENT_IP_CALLABLE = "comments.client_address.client_address"
# Tells members by mail what happens to their sign-in: see staff/notices.py.
STAFF_NOTICE_CALLABLE = "comments.mail.signing_in.owe_notice"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# Its middleware would sit in every request; the one page that signs in answers by itself.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]

# --- Akismet --------------------------------------------------------------------------------

AKISMET_API_KEY: str = env.str("AKISMET_API_KEY", "")
AKISMET_API_URL: str = env.str("AKISMET_API_URL", "https://rest.akismet.com").rstrip("/")

# --- Mail -----------------------------------------------------------------------------------

# Without a mail server's address no mail is offered to readers, owed or sent.
EMAIL_URL: str = env.str("EMAIL_URL", "")
MAIL_ENABLED = bool(EMAIL_URL)
_email = env.dj_email_url("EMAIL_URL", "dummy:") if EMAIL_URL else {}
EMAIL_BACKEND: str = _email.get("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
EMAIL_HOST: str = _email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT: int = _email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER: str = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD: str = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS: bool = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL: bool = _email.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH: str = urlsplit(EMAIL_URL).path
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL: str = env.str("MAIL_FROM", f"{SITE_NAME} <noreply@{_site.hostname}>")

# --- Privacy --------------------------------------------------------------------------------

# Whom readers may ask about their data: an email address or a web address. Shown to everybody.
PRIVACY_CONTACT: str = env.str("PRIVACY_CONTACT", "")
if PRIVACY_CONTACT and "@" not in PRIVACY_CONTACT and urlsplit(PRIVACY_CONTACT).scheme != "https":
    raise ValueError("PRIVACY_CONTACT must be an email address or begin with https://")

# --- Language, time, logs -------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE: str = env.str("TIME_ZONE", "UTC")
USE_I18N = USE_TZ = True

LOG_FORMAT: str = env.str("LOG_FORMAT", "text", validate=validate.OneOf(["text", "json"]))
# Whatever is written down goes through one formatter, which masks what is private.
LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "config.logs.Discreet",
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "config.logs.JsonLines"},
    },
    "loggers": {
        # Django's own handlers (a mail to the admins, the lines of runserver) would not mask.
        "django": {"handlers": []},
        # Statements with their values, texts and addresses among them.
        "django.db.backends": {"level": "INFO"},
        # httpx writes every address it asks; ours hold no secret, but the worker says enough.
        "httpx": {"level": "WARNING"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.log_level("LOG_LEVEL", logging.INFO)},
}
