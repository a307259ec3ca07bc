"""Settings. Everything that differs between two installations comes from the environment (docs/reference.md)."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from versants.config import oidc

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "versants"
DATA = Path(os.environ.get("VERSANTS_DATA", PROJECT / "var"))
KEYS_FILE = Path(os.environ.get("VERSANTS_KEYS_FILE", PROJECT / ".keys" / "keys.json"))
SECRET_FILE = Path(os.environ.get("VERSANTS_SECRET_FILE", PROJECT / ".keys" / "secret"))
# Heads of the sealed log, the lists of erasures and of rights that ended: what a restored database has forgotten.
WITNESS_DIR = Path(os.environ.get("VERSANTS_WITNESS_DIR", KEYS_FILE.parent / "witness"))
# How long readings of files stay in the log: 6 to 36 months. What was done stays.
AUDIT_READ_MONTHS = int(os.environ.get("VERSANTS_AUDIT_READ_MONTHS") or 36)
MAIL_DIR = Path(os.environ.get("VERSANTS_MAIL_DIR", DATA / "mail"))
# A frozen clock, honoured by core.clock only when the database holds the demonstration world.
FROZEN_NOW = os.environ.get("VERSANTS_NOW", "")

# Opens /metrics to who sends it as a bearer; without one it answers to this machine alone.
METRICS_TOKEN = os.environ.get("VERSANTS_METRICS_TOKEN", "")

DEBUG = os.environ.get("VERSANTS_DEBUG") == "1"
HOST = os.environ.get("VERSANTS_HOST", "127.0.0.1")
BASE_URL = os.environ.get("VERSANTS_URL", "").rstrip("/")
BASE_URL = BASE_URL or f"http://{HOST}:{os.environ.get('VERSANTS_PORT', '8000')}"
CSRF_TRUSTED_ORIGINS = [o.strip() for o in os.environ.get("VERSANTS_ORIGINS", "").split(",") if o.strip()]
# A proxy hands on the name that the reader typed: that of VERSANTS_URL, or one of VERSANTS_ORIGINS.
_NAMES = [urlsplit(address).hostname or "" for address in (BASE_URL, *CSRF_TRUSTED_ORIGINS)]
ALLOWED_HOSTS = [HOST, "localhost", "127.0.0.1", "[::1]", *filter(None, _NAMES)]


def _secret() -> str:
    """The web secret signs sessions and nothing else; data keys live in KEYS_FILE."""
    try:
        return SECRET_FILE.read_text().strip()
    except OSError:
        return os.environ.get("VERSANTS_SECRET", "")


# Without a secret nothing that signs works: Django refuses to start, except for commands that need none.
SECRET_KEY = _secret() or os.urandom(32).hex()

INSTALLED_APPS = [
    "versants.core",
    "versants.territory",
    "versants.people",
    "versants.mobile",
    "versants.networks",
    "versants.programme",
    "versants.portal",
    "versants.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",  # the widgets' own templates, under those of core
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "versants.core.web.middleware.RequestLogMiddleware",
    "versants.core.web.errors.ErrorPageMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "versants.core.web.middleware.PermissionsMiddleware",
    "versants.core.web.middleware.TextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "versants.people.middleware.AccountLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "versants.people.middleware.ScopeMiddleware",
]

ROOT_URLCONF = "versants.config.urls"
WSGI_APPLICATION = "versants.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "core" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "versants.core.web.context.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "versants.core.templatetags.versants",
            ],
        },
    },
]
FORM_RENDERER = "versants.core.web.drawing.FormRenderer"


def _database() -> dict[str, object]:
    """The connection of this process: DATABASE_URL, else what the embedded PostgreSQL wrote to var/pg.json.

    ``VERSANTS_AS=owner`` (migrations and seeding) takes the owner's; the web and the worker never do.
    """
    from psycopg.conninfo import conninfo_to_dict

    owner = os.environ.get("VERSANTS_AS") == "owner"
    url = os.environ.get("DATABASE_OWNER_URL" if owner else "DATABASE_URL", "")
    if not url:
        try:
            written = json.loads((DATA / "pg.json").read_text())
            url = written["owner_url" if owner else "app_url"]
        except (OSError, KeyError, ValueError):
            url = "postgresql:///versants"
    parts = conninfo_to_dict(url)
    options: dict[str, object] = {"connect_timeout": 5}
    if os.environ.get("VERSANTS_POOL") == "1":
        options["pool"] = {"min_size": 1, "max_size": 6, "timeout": 10}
    return {
        "ENGINE": "versants.core.postgres",
        "NAME": parts.get("dbname", "versants"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "ATOMIC_REQUESTS": False,  # ScopeMiddleware opens the transaction: the scope must be inside it
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Tests connect as superuser to prepare data, and every scope then assumes this role (core.access.scope).
ASSUMED_DATABASE_ROLE = os.environ.get("VERSANTS_ASSUME_ROLE", "")

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        # The default of 300 would let a stranger push out what limits others, by asking much.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "versants.people.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "versants.people.forms.accounts.LoginForm",
    "reset_password": "versants.people.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "versants.people.forms.accounts.ResetPasswordKeyForm",
    "change_password": "versants.people.forms.accounts.ChangePasswordForm",
    "add_email": "versants.people.forms.accounts.AddEmailForm",
    "reauthenticate": "versants.people.forms.accounts.ReauthenticatePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is verified by the invitation that came to it
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # whoever has nothing to do with us gets no mail
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_SESSION_REMEMBER = False
# Wrong passwords and codes are counted by people.services.limits; what is left here has nothing to guess.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/5m/key", "login": "120/m/ip"}
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_ADAPTER = "versants.people.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "versants.people.forms.accounts.AuthenticateForm",
    "reauthenticate": "versants.people.forms.accounts.ReauthenticateForm",
    "activate_totp": "versants.people.forms.accounts.ActivateTOTPForm",
    "add_webauthn": "versants.people.forms.accounts.AddWebAuthnForm",
    "edit_webauthn": "versants.people.forms.accounts.EditWebAuthnForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Versants"
MFA_TOTP_TOLERANCE = (
    1  # a phone's clock is off by half a minute; each code still serves once (people.forms.accounts)
)
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_ALLOW_UNVERIFIED_EMAIL = True
# After so long without anybody there, a session under a role that reads files ends.
CARE_IDLE_SECONDS = int(os.environ.get("VERSANTS_IDLE_MINUTES", "30")) * 60

# Partners' own sign-in (docs/accounts.md). No file, no such button.
OIDC = oidc.read(os.environ.get("VERSANTS_OIDC_FILE", ""))
SOCIALACCOUNT_ADAPTER = "versants.people.oidc.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": oidc.apps(OIDC)}}
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # people.oidc finds the account itself, by a verified address

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 10 * 3600
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "versants.core.web.errors.csrf_failure"
if os.environ.get("VERSANTS_HTTPS") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31536000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# What no page of ours asks a browser for.
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF, *oidc.origins(OIDC)],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("nl", _("Dutch")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = "versants_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 86400
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Brussels"  # the same wall time as Europe/Paris since 1978
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS: list[Path] = []
# Served from the packages themselves: no collect step between a checkout and a first page.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = MAIL_DIR
DEFAULT_FROM_EMAIL = os.environ.get("VERSANTS_MAIL_FROM") or "versants@localhost"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "versants.core.web.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("VERSANTS_LOG_LEVEL", "WARNING")},
    "loggers": {
        "versants": {"level": os.environ.get("VERSANTS_LOG_LEVEL", "INFO")},
        "django.request": {
            "level": "CRITICAL"
        },  # core.web.middleware writes one line per request, without query or body
    },
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
