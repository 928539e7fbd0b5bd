import pytest

from governance.access.core import (
    LIMITED_FORM,
    PERMISSIONS,
    Permission,
    allows,
    holds,
    permissions_of,
)
from governance.types import Actor, ActorKind, Role, Scope

MARKETER = Actor(1, "alice", roles=frozenset({Role.MARKETER}))
OWNER = Actor(2, "bob", roles=frozenset({Role.MARKETING_OWNER}))
ADMIN = Actor(3, "carol", roles=frozenset({Role.ADMIN}))
KEY = Actor(
    1,
    "key",
    kind=ActorKind.API_KEY,
    scopes=frozenset({Scope.DECIDE}),
    roles=frozenset({Role.ADMIN}),
)
P = Permission


def test_every_permission_has_a_row_and_is_named_resource_dot_verb():
    assert set(PERMISSIONS) == set(Permission)
    assert all(p.value.count(".") == 1 for p in Permission)


def test_who_holds_the_unlimited_form_holds_the_limited_one():
    for full, limited in LIMITED_FORM.items():
        assert PERMISSIONS[full] <= PERMISSIONS[limited]


@pytest.mark.parametrize("asked", [P.USE_CASES_WRITE, P.USE_CASES_WRITE_OWN])
def test_a_marketer_writes_their_own_use_cases_and_an_owner_all(asked):
    assert allows(MARKETER, asked, {1})
    assert not allows(MARKETER, asked, {2, None})
    assert allows(OWNER, asked, {1})


def test_without_an_object_at_hand_the_limited_form_suffices_as_such():
    assert allows(MARKETER, P.USE_CASES_WRITE_OWN)
    assert not allows(MARKETER, P.USE_CASES_WRITE)
    assert not allows(Actor(None, "x", roles=MARKETER.roles), P.USE_CASES_WRITE, {None})


def test_an_api_key_is_judged_by_its_scopes_and_the_system_not_at_all():
    assert allows(KEY, P.API_DECIDE)
    assert not allows(KEY, P.USERS_MANAGE)
    assert not holds(Actor.system(), P.HOME_READ)


def test_an_admin_cannot_approve_read_people_or_touch_the_audit():
    held = permissions_of(ADMIN)
    assert not {p for p in held if p.startswith("signoffs.") and p != P.SIGNOFFS_READ}
    assert not {p for p in held if p.startswith(("people.", "rights.", "preferences."))}
    assert P.AUDIT_READ in held
    assert P.AUDIT_VERIFY not in held


@pytest.mark.parametrize(
    ("role", "sign"),
    [
        ("marketing_owner", P.SIGNOFFS_MARKETING),
        ("analyst", P.SIGNOFFS_DATA),
        ("channel_owner", P.SIGNOFFS_CHANNEL),
        ("privacy_reviewer", P.SIGNOFFS_PRIVACY),
        ("executive", P.SIGNOFFS_EXECUTIVE),
    ],
)
def test_each_signature_belongs_to_one_role(role, sign):
    assert PERMISSIONS[sign] == {role}


def test_nobody_reads_raw_fairness_attributes_and_only_privacy_sees_people_in_full():
    assert PERMISSIONS[P.FAIRNESS_READ_RAW] == frozenset()
    assert PERMISSIONS[P.PEOPLE_READ_FULL] == {Role.PRIVACY_REVIEWER}
    assert Role.MARKETER not in PERMISSIONS[P.PEOPLE_READ_MASKED]
