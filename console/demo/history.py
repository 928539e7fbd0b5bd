"""The shop's past weeks, played day by day with the clock moved for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from console.demo import base, cases, cast, shop
from console.demo import record as demo_file
from decisioning import tasks
from decisioning.experiments import actions as experiments
from decisioning.experiments import queries as readouts
from decisioning.fairness import actions as fairness
from decisioning.quality import actions as quality
from decisioning.scorecards import actions as scorecards
from decisioning.scoring import actions as scoring
from governance.installation import actions as installation
from governance.installation.queries import now as database_now
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.types import GovernanceError, Role, State
from governance.usecases import actions as use_cases
from governance.usecases import queries as use_case_queries

CUSTOMERS = 20_000
PLACEMENTS = "home.hero,email.weekly,app.card"
RAMP: dict[int, float] = {2: 0.25, 4: 0.5, 6: 1.0}
STATE_FILE = "world-state.json"


class SimulatorFailed(Exception):
    """The simulator stopped; the message is its own last words."""

    mend = "Start the demo again: the days that were played are not played twice."

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def run(job: Job) -> dict[str, Any]:
    """The body of the job: finds the running server and its keys, then plays."""
    known = demo_file.read(demo_file.SECRETS)
    told = play(
        job,
        url=os.environ["ATTUNE_URL"],
        write_key=known["writeKey"],
        api_key=known["apiKey"],
        opened=datetime.fromisoformat(known["openedAt"]),
    )
    demo_file.complete()
    return told


def play(
    job: Job, *, url: str, write_key: str, api_key: str, opened: datetime
) -> dict[str, Any]:
    """Play the days that are left, acting on each as the demo's people would."""
    totals: dict[str, Any] = {}
    begun = int(demo_file.read(demo_file.SECRETS).get("daysPlayed", 0))
    try:
        for line in _simulated(url, write_key, api_key, opened, begun):
            if line["state"] == "waiting":
                instant = datetime.fromisoformat(line["clock"])
                installation.shift_clock_to(instant=instant)
                _act_on_day((instant - opened).days)
            elif line["state"] == "played":
                _note_day(job, begun + int(line["day"]) + 1, line["date"])
            elif line["state"] == "finished":
                totals = line
        installation.shift_clock_to(instant=opened + timedelta(days=base.DAYS))
        _close_the_books()
    finally:
        installation.shift_clock_to(instant=None)
    return {"message": f"{base.DAYS} days are there. {_compute()}", **totals}


def _note_day(job: Job, n_played: int, day: str) -> None:
    """Kept beside the job, so that a later one goes on where this one stopped."""
    demo_file.update(demo_file.SECRETS, daysPlayed=n_played)
    jobs.progress(
        str(job.pk), n_done=n_played, n_total=base.DAYS, message=f"Played {day}"
    )


def simulator(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "simulator", *arguments]


def _simulated(
    url: str, write_key: str, api_key: str, opened: datetime, begun: int
) -> Iterator[dict[str, Any]]:
    """The simulator's lines; each "waiting" is answered once the caller has acted."""
    if begun >= base.DAYS:
        return
    command = simulator(
        *("play", "--url", url, "--write-key", write_key, "--api-key", api_key),
        *("--seed", str(shop.SEED), "--customers", str(CUSTOMERS), "--stepwise"),
        *("--from", (opened + timedelta(days=begun)).date().isoformat()),
        *("--days", str(base.DAYS - begun), "--placements", PLACEMENTS),
        *("--state", str(settings.DATA_DIR / STATE_FILE)),
        *(["--no-introduce"] if begun else []),
    )
    process = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=settings.BASE_DIR,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        for text in process.stdout:
            line: dict[str, Any] = json.loads(text)
            yield line
            if line.get("state") == "waiting":
                process.stdin.write(f"{database_now().isoformat()}\n")
                process.stdin.flush()
        if process.wait() != 0:
            raise SimulatorFailed(process.stderr.read().strip()[-400:])
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _act_on_day(day: int) -> None:
    """The channel owner widens the tests as the days pass and nothing is wrong."""
    share = RAMP.get(day)
    if share is None:
        return
    by, now = cast.actor(Role.CHANNEL_OWNER), database_now()
    for key in cases.LIVE:
        use_cases.set_exposure(by=by, now=now, key=key, share=share)


def _close_the_books() -> None:
    """At the end of the weeks: measure what is due, and scale what may be scaled.

    The gate is the product's own: a test that does not clear it stays small.
    """
    now = database_now()
    for key in cases.LIVE:
        running = readouts.running(key)
        if running is not None:
            experiments.refresh_statistics(running.key, now=now)
    tasks.check_guardrails()
    tasks.finish_tests()
    _audit_fairness(now)
    if use_case_queries.use_case(cases.HOME_PICKS).state != State.MEASURED:
        return
    facts = readouts.measured_facts(cases.HOME_PICKS, now)
    with suppress(GovernanceError):
        use_cases.transition(
            by=cast.actor(Role.MARKETING_OWNER),
            now=now,
            key=cases.HOME_PICKS,
            transition="scale",
            facts=facts,
        )


def _audit_fairness(now: datetime) -> None:
    """The analyst looks at whom each use case might disadvantage, now that it ran."""
    analyst = cast.actor(Role.ANALYST)
    for key in (*cases.LIVE, cases.FREE_DELIVERY):
        fairness.run_now(by=analyst, now=now, key=key)


def _compute() -> str:
    """Lifetime values where four weeks allow them; what was counted in any case."""
    now, analyst = database_now(), cast.actor(Role.ANALYST)
    told = "Lifetime values are there."
    try:
        version = scoring.train_clv(by=analyst, now=now)
        scoring.score_all(by=analyst, now=now, key=version.key)
    except GovernanceError as refusal:
        told = f"No lifetime values yet: {refusal.message}"
    scorecards.refresh_all(now=now)
    tasks.rebuild_segments()
    # The simulator has ended: nothing is on its way in that a count could miss.
    quality.roll_up(now=now, settles_after=timedelta())
    quality.watch(now=now)
    return told
