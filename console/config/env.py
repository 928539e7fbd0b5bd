"""Where settings come from: the environment, `.env`, else this machine's own."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
LONGEST_SOCKET_PATH = 100

env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(str(BASE_DIR / ".env"))

DATA_DIR: Path = (BASE_DIR / (os.environ.get("DATA_DIR") or "var")).resolve()


def given(name: str) -> str:
    """An empty value counts as unset, so that `.env` may list every name."""
    return os.environ.get(name, "").strip()


def socket_dir(data_dir: Path) -> Path:
    """Inside DATA_DIR, unless the path is too long or closed to a lesser user."""
    folder = data_dir / "run"
    short = len(str(folder / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH
    if short and (os.getuid() or all_may_pass(data_dir.parent)):
        return folder
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"attune-{os.getuid()}-{digest}"


def all_may_pass(folder: Path) -> bool:
    return all(
        part.stat().st_mode & 0o001
        for part in (folder, *folder.parents)
        if part.exists()
    )


def embedded_urls(data_dir: Path) -> dict[str, str]:
    sockets = socket_dir(data_dir)
    valkey = sockets / "valkey.sock"
    return {
        "DATABASE_URL": f"postgres://attune_app@/attune?host={sockets}",
        "MIGRATION_DATABASE_URL": f"postgres://attune_owner@/attune?host={sockets}",
        "CELERY_BROKER_URL": f"redis+socket://{valkey}?virtual_host=0",
        "CACHE_URL": f"unix://{valkey}?db=1",
    }


def service_urls(data_dir: Path | None = None) -> dict[str, str]:
    urls = embedded_urls(data_dir or DATA_DIR)
    if given("MIGRATION_DATABASE_URL") and not given("DATABASE_URL"):
        raise ImproperlyConfigured(
            "MIGRATION_DATABASE_URL is set but DATABASE_URL is not: set DATABASE_URL "
            "to the same database with the application's role, or unset both."
        )
    if given("DATABASE_URL"):
        urls["MIGRATION_DATABASE_URL"] = given("DATABASE_URL")
    return {name: given(name) or url for name, url in urls.items()}


def embedded_services() -> frozenset[str]:
    """Which services this machine has to run itself."""
    needed = set()
    if not given("DATABASE_URL"):
        needed.add("postgres")
    if not (given("CELERY_BROKER_URL") and given("CACHE_URL")):
        needed.add("valkey")
    return frozenset(needed)


def database_dict(url: str) -> dict[str, Any]:
    """Django's settings for one database; `?host=/dir` names a socket folder."""
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    if config.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            f"{url.split('://', 1)[0]!r} is not a PostgreSQL address: DATABASE_URL and "
            "MIGRATION_DATABASE_URL look like postgres://user:password@host:5432/name."
        )
    options = dict(config.pop("OPTIONS", {}))
    host = options.pop("host", None)
    if host:
        config["HOST"] = host
    if options:
        config["OPTIONS"] = options
    return config


def cache_dict(url: str) -> dict[str, Any]:
    """Django's settings for the cache: redis://, rediss://, unix:// or locmem://."""
    scheme = url.split("://", 1)[0]
    if scheme in {"redis", "rediss", "unix"}:
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
        }
    if scheme == "locmem":
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": url.split("://", 1)[1] or "attune",
        }
    raise ImproperlyConfigured(
        f"CACHE_URL starts with {scheme!r}: use redis://, rediss://, unix:// or locmem://."
    )


def secret_key() -> str:
    """SECRET_KEY, else one generated once into DATA_DIR, for its owner alone."""
    return given("SECRET_KEY") or _kept("secret_key")


def suppression_key() -> str:
    """SUPPRESSION_KEY, else one generated once; the suppression list dies with it."""
    return given("SUPPRESSION_KEY") or _kept("suppression_key")


def _kept(name: str) -> str:
    path = DATA_DIR / name
    if not path.exists():
        _create_once(path, secrets.token_urlsafe(50))
    return path.read_text().strip()


def _create_once(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
