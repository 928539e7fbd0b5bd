import pytest

from governance.installation.queries import now as clock
from governance.types import Role
from tests.factories import configuration as make

PAGES = [
    ("admin", "/people/"),
    ("admin", "/people/new/"),
    ("admin", "/people/admin/"),
    ("admin", "/keys/"),
    ("admin", "/keys/new/"),
    ("admin", "/jobs/"),
    ("auditor", "/audit/"),
    ("support", "/complaints/"),
    ("marketer", "/complaints/"),
    ("support", "/complaints/new/"),
    ("support", "/customers/"),
    ("support", "/search/?q=a"),
    ("marketer", "/search/?q=offer"),
    ("admin", "/accounts/"),
    ("admin", "/accounts/2fa/"),
    ("admin", "/admin/"),
    ("marketer", "/jobs/"),
]


@pytest.mark.parametrize(("role", "address"), PAGES)
def test_each_page_of_the_house_is_shown_whole(db, role, address):
    client = make.signed_in(make.person(role, Role(role), now=clock()))

    answer = client.get(address)

    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"]
