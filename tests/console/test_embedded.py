"""The services of one machine: two roles, data kept, nothing left over."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from console.config import env
from console.config.embedded import ServiceError, Services, ensure

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="attune-embedded-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def connect(services, user):
    return psycopg.connect(host=str(services.sockets), user=user, dbname="attune")


def test_both_roles_exist_and_only_the_owner_makes_tables(folder):
    with Services(folder, only=frozenset({"postgres"}), durable=False) as services:
        with connect(services, "attune_owner") as owner:
            owner.execute("CREATE TABLE kept (id int)")
            owner.execute("INSERT INTO kept VALUES (7)")
        with (
            connect(services, "attune_app") as app,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            app.execute("CREATE TABLE mine (id int)")
    assert not services.running()
    with (
        Services(folder, only=frozenset({"postgres"}), durable=False) as again,
        connect(again, "attune_owner") as owner,
    ):
        assert owner.execute("SELECT id FROM kept").fetchone() == (7,)


def test_only_what_has_no_url_is_started(folder):
    with Services(folder, only=frozenset({"valkey"})) as services:
        assert set(services.children) == {"valkey"}
        assert services.answers("valkey")
        assert not services.answers("postgres")


def test_a_second_user_of_a_folder_borrows_and_does_not_stop(folder):
    with Services(folder, only=frozenset({"valkey"})) as first:
        with Services(folder, only=frozenset({"valkey"})) as second:
            assert second.children == {}
        assert first.running()


def test_services_go_when_their_owner_is_killed_and_come_back_after(folder):
    script = (
        "import sys, time; from pathlib import Path\n"
        "from console.config.embedded import Services\n"
        "s = Services(Path(sys.argv[1]), only={'postgres', 'valkey'}).start()\n"
        "print('up', flush=True); time.sleep(60)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    services = Services(folder, only=frozenset({"postgres", "valkey"}))
    with owner:
        assert owner.stdout.readline() == b"up\n"
        assert services.running()
        owner.send_signal(signal.SIGKILL)
    gone_by = time.monotonic() + 10
    while services.answers("postgres") or services.answers("valkey"):
        assert time.monotonic() < gone_by
        time.sleep(0.05)
    with services:
        assert set(services.children) == {"postgres", "valkey"}


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(folder):
    only = frozenset({"postgres"})
    with Services(folder, only=only, durable=False) as services:
        cluster = folder / "postgres"
        pid_file = (cluster / "postmaster.pid").read_text().splitlines()
    pid_file[0] = str(os.getpid())
    (cluster / "postmaster.pid").write_text("\n".join(pid_file) + "\n")
    with services:
        assert services.running()


def test_a_start_that_fails_tells_the_end_of_the_log(folder):
    cluster = folder / "postgres"
    cluster.mkdir(mode=0o700)
    (cluster / "PG_VERSION").write_text("9.6\n")
    services = Services(folder, only=frozenset({"postgres"}))
    with pytest.raises(ServiceError, match=r"postgres\.log ends with"):
        services.start()
    assert services.children == {}


@pytest.mark.parametrize("command", ["check", "collectstatic", "demo_up", "help"])
def test_commands_without_need_start_nothing(command, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert not isinstance(ensure(["manage.py", command]), Services)


def test_a_command_with_need_starts_what_has_no_url(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    services = ensure(["manage.py", "import_dataset", "hillstrom", "there.csv"])
    assert isinstance(services, Services)
    assert "postgres" in services.needed
    assert not isinstance(ensure(["manage.py", "migrate", "--help"]), Services)


def test_nothing_is_started_where_all_have_urls(monkeypatch):
    for name, url in env.embedded_urls(Path("/there")).items():
        monkeypatch.setenv(name, url)
    assert not isinstance(ensure(["manage.py", "migrate"]), Services)
