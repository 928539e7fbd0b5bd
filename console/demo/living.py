"""The demo keeps living: a beat task plays a few minutes of customers at a time."""

from __future__ import annotations

import os
import subprocess

import structlog
from django.conf import settings
from django.core.cache import cache
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from console.demo import history, shop
from console.demo import record as demo_file

TASK = "console.play_living_world"
NAME = "Demo: customers keep coming"
EVERY_MINUTES = 3
QUEUE = "world"
LOCK_SECONDS = 240

log = structlog.get_logger(__name__)


def schedule(*, on: bool) -> None:
    every, _ = IntervalSchedule.objects.get_or_create(
        every=EVERY_MINUTES, period=IntervalSchedule.MINUTES
    )
    PeriodicTask.objects.update_or_create(
        name=NAME,
        defaults={"task": TASK, "interval": every, "queue": QUEUE, "enabled": on},
    )


def is_on() -> bool:
    return bool(PeriodicTask.objects.filter(name=NAME, enabled=True).exists())


def is_there() -> bool:
    return bool(PeriodicTask.objects.filter(name=NAME).exists())


def switch(*, on: bool) -> None:
    """Beat notices within seconds; minutes already being played come to their end."""
    task = PeriodicTask.objects.get(name=NAME)
    task.enabled = on
    task.save()


def play() -> None:
    """Play one slice against this installation, unless one is being played."""
    known = demo_file.read(demo_file.SECRETS)
    running = demo_file.read()
    if not running.get("complete") or not cache.add(TASK, "1", LOCK_SECONDS):
        return
    command = history.simulator(
        *("play", "--url", running["url"]),
        *("--write-key", known["writeKey"], "--api-key", known["apiKey"]),
        *("--seed", str(shop.SEED), "--customers", str(history.CUSTOMERS)),
        *("--minutes", str(EVERY_MINUTES), "--placements", history.PLACEMENTS),
        *("--state", str(settings.DATA_DIR / history.STATE_FILE), "--at-once"),
    )
    try:
        done = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            check=False,
            cwd=settings.BASE_DIR,
            env={**os.environ, "PYTHONWARNINGS": "default"},
            text=True,
            timeout=LOCK_SECONDS,
        )
    finally:
        cache.delete(TASK)
    if done.returncode:
        log.warning("living_world_stopped", said=done.stderr.strip()[-300:])
