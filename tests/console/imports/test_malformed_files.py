"""A slice of the proof `malformed`: files that went wrong are refused in words."""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bench.malformed import judge_tables
from bench.mutation import tables
from decisioning import tasks
from governance.types import Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db(transaction=True)
SLICE = 60


@pytest.fixture(autouse=True)
def _quiet(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(tasks.run_import, "delay", lambda _job_id: None)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_no_malformed_file_is_an_error_or_half_taken(now: datetime) -> None:
    client = make.signed_in(make.person("ana", Role.ANALYST, now=now))
    client.raise_request_exception = False

    tally = judge_tables(tables(SLICE, seed=20261122), client)

    assert tally.examples == []
    assert tally.statuses[200] > 0 < tally.statuses[422]
