from collections.abc import Iterator

import pytest

from decisioning.engine import snapshot
from tests.decisioning.engine.world import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()
    monkeypatch.setattr(snapshot, "serving_cases", made.serving_cases)
    snapshot.forget()
    yield made
    snapshot.forget()
