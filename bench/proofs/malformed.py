"""Broken bodies against every door that takes JSON, broken files through the pages.

Bodies go over HTTP to the server as it runs; files go through upload, preview, answers
and the job. After each of them the rows of every table it could touch are counted.
"""

from __future__ import annotations

import http.client
import logging

from bench.installation import Installation, installation
from bench.malformed import Tally, judge_bodies, judge_tables
from bench.mutation import Mutant, bodies, tables
from bench.proof import Proof

N_BODIES, N_FILES = 20_000, 2_000
SEED = 20261122


def prove() -> Proof:
    with installation(has_web=True) as here:
        told = [_files(), _bodies(here)]
    wrong = [example for tally in told for example in tally.examples]
    for example in wrong:
        print(example[:700])
    n_wrong = sum(sum(tally.wrongs.values()) for tally in told)
    return Proof(
        claim=(
            f"{N_FILES:,} mutated files and {N_BODIES:,} mutated JSON bodies: no 500, "
            "no partial effect, every refusal names the place"
        ),
        figure=f"files {told[0]}; bodies {told[1]}; {n_wrong} wrong",
        holds=n_wrong == 0 and [t.n for t in told] == [N_FILES, N_BODIES],
    )


def _bodies(here: Installation) -> Tally:
    line = http.client.HTTPConnection("127.0.0.1", here.port, timeout=60)

    def send(mutant: Mutant) -> tuple[int, bytes]:
        headers = {
            "Authorization": f"Bearer {here.secrets[mutant.door.key]}",
            "Content-Type": "application/json",
            **mutant.headers,
        }
        line.request("POST", mutant.door.path, mutant.body, headers)
        answer = line.getresponse()
        return answer.status, answer.read()

    try:
        return judge_bodies(bodies(N_BODIES, seed=SEED), send)
    finally:
        line.close()


def _files() -> Tally:
    from django.conf import settings
    from django.test import Client
    from django.test.utils import setup_test_environment

    from decisioning import tasks
    from governance.people.models import User
    from governance.types import Role

    setup_test_environment()
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        },
    }
    tasks.run_import.delay = lambda _job_id: None
    logging.disable(logging.CRITICAL)
    client = Client(raise_request_exception=False)
    analyst = User.objects.filter(
        role_assignments__role=Role.ANALYST.value, role_assignments__ended_at=None
    ).first()
    assert analyst is not None
    client.force_login(analyst)
    return judge_tables(tables(N_FILES, seed=SEED), client)
