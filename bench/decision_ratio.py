"""p50 of POST /api/v1/decisions with 100 live offers ÷ that of a bare view.

    python bench/decision_ratio.py [--rounds 5] [--requests 300]

One keep-alive connection to granian on a throw-away database; product, bare view and
bare view by Django's own cursor take turns. Each request is a customer not asked for
before, so that every one reads, decides, reserves and commits. Exits 1 at 4 or above.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
GOAL = 4.0
PATHS = ("/api/v1/decisions", "/bare", "/bare-django")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="attune-bench-"))
    os.environ["DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "console.config.settings"
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL"):
        os.environ.pop(name, None)
    try:
        return measured(options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(options: argparse.Namespace) -> int:
    from bench import decision_app
    from console.config.embedded import Services

    with Services(only=frozenset({"postgres"})):
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0, interactive=False)
        key = decision_app.seed()
        batch = batch_rate()
        connections.close_all()
        with server() as port:
            laps = rounds(options, port, key)
    p50 = {path: statistics.median(times) * 1000 for path, times in laps.items()}
    p99 = {
        path: sorted(times)[int(len(times) * 0.99)] * 1000
        for path, times in laps.items()
    }
    ours, bare, django_bare = (p50[path] for path in PATHS)
    result = {
        "p50ms": round(ours, 3),
        "p99ms": round(p99[PATHS[0]], 3),
        "bareP50ms": round(bare, 3),
        "bareDjangoP50ms": round(django_bare, 3),
        "ratio": round(ours / bare, 2),
        "ratioToDjangoCursor": round(ours / django_bare, 2),
        "batchCustomersPerSecond": round(batch),
    }
    print(json.dumps(result))
    print(f"{ours / bare:.2f} times a bare view (goal: under {GOAL:.0f})")
    return 0 if ours / bare < GOAL else 1


def batch_rate() -> float:
    """Customers a second through the batch, with commit, in this process."""
    from decisioning.engine.answers import Asked
    from decisioning.engine.batches import decide_many

    asked = [Asked("home.hero", user_id=f"c-{n}") for n in range(3_000, 4_000)]
    decide_many(asked[:10])
    begun = time.perf_counter()
    decide_many(asked[10:])
    return (len(asked) - 10) / (time.perf_counter() - begun)


class server:
    def __enter__(self) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        command = [sys.executable, "-m", "granian", "--interface", "wsgi"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--no-ws"]
        command += ["--workers", "1", "--blocking-threads", "1"]
        command += ["--log-level", "warning", "bench.decision_app:application"]
        self.process = subprocess.Popen(command, cwd=ROOT)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            time.sleep(0.05)
        raise RuntimeError("granian did not start")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def rounds(options: argparse.Namespace, port: int, key: str) -> dict[str, list[float]]:
    line = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    laps: dict[str, list[float]] = {path: [] for path in PATHS}
    asked = iter(range(3_000))

    def lap(path: str, n: int) -> list[float]:
        times = []
        for _ in range(n):
            who = f"c-{next(asked) if path == PATHS[0] else 1}"
            body = json.dumps({"customer": {"userId": who}, "placement": "home.hero"})
            begun = time.perf_counter()
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            told = answer.read()
            times.append(time.perf_counter() - begun)
            assert answer.status == 200, told
            if path == PATHS[0]:
                assert json.loads(told)["mode"] == "personalised", told
        return times

    for path in PATHS:
        lap(path, 100)
    for _ in range(options.rounds):
        for path in PATHS:
            laps[path] += lap(path, options.requests)
    line.close()
    return laps


if __name__ == "__main__":
    sys.exit(main())
