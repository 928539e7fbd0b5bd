from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.catalogue.core import PURPOSES, Purpose
from governance.consent.core import (
    Cell,
    Choice,
    Head,
    Key,
    Policy,
    adopt_denials,
    apply,
    evidence_gaps,
    gpc_signal,
    header_values,
    may,
    merge,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MAIL = ("direct_marketing", "email")


def grant(**changes):
    return Cell(**{"choice": Choice.GRANT, "at": NOW - 10 * DAY, **changes})


def deny(choice=Choice.DENY, **changes):
    return Cell(**{"choice": choice, "at": NOW - 5 * DAY, **changes})


def head(*cells, **more):
    return Head(cells={Key(*place): cell for place, cell in cells}, **more)


GIVEN = head((MAIL, grant()))


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (None, "consent.unknown"),
        (Head(), "consent.unknown"),
        (GIVEN, ""),
        (head((("analytics",), grant())), "consent.missing_purpose"),
        (head((("direct_marketing",), grant())), "consent.missing_purpose"),
        (head((("direct_marketing",), grant(covers_below=True))), ""),
        (head((MAIL, grant()), (("direct_marketing",), deny())), "consent.withdrawn"),
        (
            head((MAIL, grant()), (("direct_marketing",), deny(Choice.OBJECT))),
            "consent.objected",
        ),
        (head((MAIL, grant(expires_at=NOW))), "consent.expired"),
        (
            head((MAIL, grant(at=NOW - 731 * DAY, expires_at=NOW + DAY))),
            "consent.expired",
        ),
        (head((MAIL, grant(evidence_complete=False))), "consent.evidence_incomplete"),
        (head((MAIL, grant(notice="old"))), "consent.expired"),
        (head((MAIL, grant()), paused_until={"": NOW + DAY}), "consent.paused"),
        (head((MAIL, grant()), paused_until={"email": NOW}), ""),
        (head((MAIL, grant()), paused_until={"sms": NOW + DAY}), ""),
        (
            head((MAIL, grant()), channels_off=frozenset({"email"})),
            "consent.channel_off",
        ),
        (
            head((MAIL, grant()), personalisation_off=True),
            "consent.personalisation_off",
        ),
        (head((MAIL, grant()), gpc_at=NOW), ""),
    ],
)
def test_what_a_person_said_decides(standing, code):
    answer = may(standing, *MAIL, now=NOW, policy=Policy(frozenset({"old"})))
    assert answer.code == code
    assert bool(answer) is not bool(code)


def test_a_topic_is_denied_by_the_topic_above_it():
    baking = (*MAIL, "food.baking")
    said = head((baking, grant()), ((*MAIL, "food"), deny()))
    assert may(said, *baking, now=NOW).code == "consent.withdrawn"
    assert may(head((baking, grant())), *baking, now=NOW)


def test_an_unknown_purpose_is_denied():
    assert may(GIVEN, "anything", now=NOW).code == "consent.unknown"


def test_the_service_itself_needs_no_consent_but_heeds_an_objection():
    off = Head(personalisation_off=True, paused_until={"": NOW + DAY})
    assert may(None, "service", now=NOW)
    assert may(off, "service", now=NOW)
    assert not may(head((("service",), deny(Choice.OBJECT))), "service", now=NOW)
    assert not may(head((("service",), deny())), "service", now=NOW)


def test_a_grant_above_covers_below_only_where_the_notice_said_so():
    tree = {**PURPOSES, "profile": Purpose(key="profile", label="", parent="analytics")}
    for covers in (True, False):
        said = head((("analytics",), grant(covers_below=covers)))
        assert bool(may(said, "profile", now=NOW, purposes=tree)) is covers
    assert not may(
        head((("analytics",), deny()), (("profile",), grant())),
        "profile",
        now=NOW,
        purposes=tree,
    )


def test_the_browsers_signal_beats_older_grants_but_not_a_later_informed_one():
    place = ("ads_sharing",)
    signal = NOW - 20 * DAY
    assert may(head((place, grant()), gpc_at=signal), *place, now=NOW).code == (
        "consent.gpc"
    )
    assert may(head((place, grant(seen_gpc=True)), gpc_at=signal), *place, now=NOW)
    assert not may(head((place, grant(seen_gpc=True)), gpc_at=NOW), *place, now=NOW)


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        (["1"], True),
        (["0", "1"], True),
        (["0"], False),
        (["true"], False),
        (["1 "], False),
        (["01"], False),
        (["1;x"], False),
        ([""], False),
        ([], False),
    ],
)
def test_only_an_exact_one_is_the_signal(values, counts):
    assert gpc_signal(values) is counts


@pytest.mark.parametrize(
    ("joined", "counts"),
    [("1", True), ("0,1", True), ("0, 1", True), ("1 ", False), ("1;x,0", False)],
)
def test_several_headers_that_a_server_joined_are_taken_apart(joined, counts):
    assert gpc_signal(header_values(joined)) is counts


def test_an_older_choice_never_undoes_a_newer_one_and_ties_go_to_the_denial():
    key = Key(*MAIL)
    first = apply(None, key, grant())
    assert first.version == 1
    withdrawn = apply(first, key, deny())
    assert withdrawn.version == 2
    assert apply(withdrawn, key, grant()) is withdrawn
    assert apply(withdrawn, key, grant(at=NOW - 5 * DAY)) is withdrawn
    tied = apply(withdrawn, key, deny(Choice.OBJECT))
    assert tied.cells[key].choice is Choice.OBJECT
    assert may(apply(withdrawn, key, grant(at=NOW)), *MAIL, now=NOW)


def test_incomplete_evidence_names_what_is_missing():
    assert evidence_gaps({"purposes": ["x"], "wording": "y"}) == (
        "channels",
        "mechanism",
        "collectedAt",
        "validUntil",
        "declaredBy",
    )


def test_a_visitors_consent_stays_behind_and_a_visitors_refusal_travels():
    key = Key(*MAIL)
    assert not may(adopt_denials(Head(), GIVEN), *MAIL, now=NOW)
    assert may(adopt_denials(GIVEN, Head()), *MAIL, now=NOW)
    objected = head((MAIL, deny(Choice.OBJECT)))
    assert adopt_denials(GIVEN, objected).cells[key].choice is Choice.OBJECT
    assert adopt_denials(objected, head((MAIL, deny()))).cells[key].choice is (
        Choice.OBJECT
    )


times = st.integers(-800, 5).map(lambda n: NOW + n * DAY)
cells = st.builds(
    Cell,
    choice=st.sampled_from(Choice),
    at=times,
    expires_at=st.none() | st.integers(-5, 400).map(lambda n: NOW + n * DAY),
    notice=st.sampled_from(["", "n1", "n2"]),
    evidence_complete=st.booleans(),
    covers_below=st.booleans(),
    seen_gpc=st.booleans(),
)
purposes = st.sampled_from(["direct_marketing", "ads_sharing", "service"])
channels = st.sampled_from(["", "email", "web"])
topics = st.sampled_from(["", "food", "food.baking"])
heads = st.builds(
    Head,
    cells=st.dictionaries(
        st.builds(Key, purposes, channels, topics), cells, max_size=5
    ),
    channels_off=st.frozensets(st.just("web")),
    paused_until=st.dictionaries(channels, times, max_size=1),
    personalisation_off=st.booleans(),
    gpc_at=st.none() | times,
)
asked = st.tuples(purposes, channels, topics)
void = st.frozensets(st.sampled_from(["n1", "n2"]))


@settings(max_examples=400, deadline=None)
@given(heads, heads, asked, void)
def test_merging_never_allows_what_either_denied(a, b, place, notices):
    merged = may(merge(a, b), *place, now=NOW, policy=Policy(notices))
    for side in (a, b):
        if not may(side, *place, now=NOW, policy=Policy(notices)):
            assert not merged


@settings(max_examples=200, deadline=None)
@given(heads, heads, asked)
def test_a_visitor_never_widens_an_account(account, visitor, place):
    if not may(account, *place, now=NOW):
        assert not may(adopt_denials(account, visitor), *place, now=NOW)


@settings(deadline=None)
@given(heads)
def test_a_head_survives_the_way_to_json_and_back(standing):
    assert Head.from_dict(standing.to_dict()) == standing


def test_what_both_allowed_stays_allowed_after_a_merge():
    assert may(merge(GIVEN, GIVEN), *MAIL, now=NOW)
    assert Head.from_dict({}) == Head()
