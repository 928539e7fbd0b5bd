import pytest

from governance.installation.queries import now as clock
from governance.people import actions as people
from governance.types import Actor, Role

PASSWORD = "a meadow of quiet lamps"


@pytest.fixture
def ada(db):
    return people.add(
        by=Actor.system(),
        now=clock(),
        username="ada",
        email="ada@example.org",
        display_name="Ada Moss",
        password=PASSWORD,
        roles=[Role.ADMIN],
    )
