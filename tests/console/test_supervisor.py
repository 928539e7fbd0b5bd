"""Children are watched, restarted within bounds, and leave with the supervisor."""

import sys
import time

import pytest

from console.config import supervisor
from console.config.embedded import Services
from console.config.supervisor import Child, GaveUp, Supervisor
from console.demo import record as demo_file


@pytest.fixture
def keeper(tmp_path):
    said = []
    services = Services(tmp_path, only=frozenset())
    made = Supervisor(services, tmp_path, said.append)
    made.said = said
    yield made
    made.stop()


def python(code):
    return (sys.executable, "-c", code)


def test_a_child_that_ends_is_reported_and_started_again(keeper):
    child = Child("steady", python("import time; time.sleep(60)"))
    keeper.start(child)
    child.process.kill()
    keeper.watch(until=lambda: child.restarts == 1)
    assert child.ended() is None
    assert "steady ended by itself" in keeper.said[0]


def test_a_child_that_keeps_ending_is_given_up_with_the_end_of_its_log(keeper):
    keeper.start(Child("broken", python("import sys; sys.exit('no such table')")))
    with pytest.raises(GaveUp, match="no such table"):
        keeper.watch()
    assert len(keeper.said) == supervisor.MOST_RESTARTS


def test_stopping_takes_a_childs_own_children_along(keeper, tmp_path):
    beat = tmp_path / "beat"
    inner = (
        f"import time\nwhile True: open({str(beat)!r}, 'a').write('.'); time.sleep(.02)"
    )
    outer = (
        "import subprocess, sys, time;"
        f"subprocess.Popen([sys.executable, '-c', {inner!r}]); time.sleep(60)"
    )
    keeper.start(Child("parent", python(outer)))
    until = time.monotonic() + 10
    while not beat.exists() and time.monotonic() < until:
        time.sleep(0.02)
    keeper.stop()
    length = len(beat.read_text())
    time.sleep(0.2)
    assert len(beat.read_text()) == length


def test_a_child_that_does_not_listen_is_ended(keeper, monkeypatch, tmp_path):
    monkeypatch.setattr(supervisor, "GRACE_SECONDS", 0.3)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"open({str(tmp_path / 'deaf')!r}, 'w').close(); time.sleep(60)"
    )
    child = Child("deaf", python(deaf))
    keeper.start(child)
    until = time.monotonic() + 10
    while not (tmp_path / "deaf").exists() and time.monotonic() < until:
        time.sleep(0.02)
    keeper.stop()
    assert child.ended() is not None
    assert "deaf did not stop in time" in keeper.said[-1]


def test_a_taken_port_is_seen():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not supervisor.port_is_free(taken.getsockname()[1])


def test_the_demo_file_keeps_what_others_wrote_and_is_private(tmp_path):
    path = tmp_path / "demo.json"
    demo_file.update(path, url="http://127.0.0.1:8931")
    demo_file.update(path, complete=True)
    assert demo_file.read(path) == {"url": "http://127.0.0.1:8931", "complete": True}
    assert path.stat().st_mode & 0o777 == 0o600
