"""Each control of the preference centre, by what the very next decision does."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from console.pages.preferences import views
from decisioning.customers import merging
from decisioning.customers.core import Join
from decisioning.customers.models import Customer
from decisioning.engine import snapshot
from decisioning.engine.links import (
    make_preferences_token,
    make_unsubscribe_token,
    read_preferences_token,
    read_unsubscribe_token,
)
from decisioning.engine.models import Decision
from decisioning.engine.suppressions import suppress
from decisioning.events import actions as events
from governance.audit.queries import AuditEntry
from governance.catalogue.actions import seed_standard
from governance.consent import queries
from governance.consent.models import Suppression
from governance.installation.queries import now as clock
from governance.rights.models import RightsRequest
from governance.types import Actor
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.world import ask

LIKES_FLOUR = {"field": "trait.favouriteCategory", "op": "eq", "value": "flour"}
LOOKED_AT_TENTS = {
    "did": "Product Viewed",
    "at_least": 1,
    "within_days": 30,
    "where": [{"property": "category", "op": "eq", "value": "tents"}],
}
PERSONAL = "personalised"


@pytest.fixture
def world(db, monkeypatch):
    seed_standard(clock())
    made = shop.World()
    monkeypatch.setattr(snapshot, "serving_cases", made.serving_cases)
    snapshot.forget()
    yield made
    snapshot.forget()


@pytest.fixture
def rosa(world):
    """Told us she likes flour, looked at tents, said yes to our pages."""
    row = shop.customer(
        "c-1",
        traits={"favouriteCategory": "flour"},
        contact={"email": "Rosa@Example.org "},
    )
    events.ingest(
        [
            {
                "type": "track",
                "event": "Product Viewed",
                "userId": "c-1",
                "messageId": f"viewed-{n}",
                "timestamp": (clock() - timedelta(hours=n + 1)).isoformat(),
                "properties": {"category": "tents", "product_id": "t"},
            }
            for n in range(2)
        ]
        + [
            {
                "type": "identify",
                "userId": "c-1",
                "messageId": "hello",
                "traits": {"favouriteCategory": "flour"},
            }
        ],
        source="test",
        now=clock(),
    )
    return Customer.objects.get(pk=row.pk)


@pytest.fixture
def page(rosa):
    return f"/preferences/{make_preferences_token(rosa.pk)}"


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def serve(world, **offer):
    place = shop.placement()
    shop.use_case(world, [shop.offer("coats", [place], **offer)], [place])
    snapshot.forget()


def whole(rule):
    return {"version": 1, "rule": rule}


def reason(answer):
    return Decision.objects.get(pk=answer["decisionId"]).reason


def read_back(answer):
    return answer.content.decode()


def test_a_topic_left_out_is_not_shown_again_in_the_same_session(
    world, rosa, page, browser
):
    serve(world, topic="winter")
    assert ask("c-1")["mode"] == PERSONAL

    answer = browser.post(page, {"topic": "winter:off"}, follow=True)

    assert "we leave out Winter" in read_back(answer)
    assert ask("c-1")["mode"] == "default"
    browser.post(page, {"topic": "winter:on"})
    assert ask("c-1")["mode"] == PERSONAL


def test_an_interest_we_worked_out_is_shown_and_can_be_deleted(
    world, rosa, page, browser
):
    serve(world, eligibility=whole(LOOKED_AT_TENTS))
    assert ask("c-1")["mode"] == PERSONAL
    assert "You looked 2 times." in read_back(browser.get(page))

    browser.post(page, {"topic": "tents:off"})

    assert ask("c-1")["mode"] == "default"
    assert "Left out. We do not use it." in read_back(browser.get(page))


def test_what_was_told_is_not_used_once_it_is_left_out(world, rosa, page, browser):
    serve(world, topic="picks", eligibility=whole(LIKES_FLOUR))
    shop.offer("bread-flour", [], topic="flour")
    assert ask("c-1")["mode"] == PERSONAL

    browser.post(page, {"topic": "flour:off"})

    assert ask("c-1")["mode"] == "default"


def test_a_corrected_answer_decides_the_very_next_time(world, rosa, page, browser):
    serve(world, eligibility=whole(LIKES_FLOUR))
    assert ask("c-1")["mode"] == PERSONAL

    answer = browser.post(
        page, {"told": "favouriteCategory", "answer": "bread"}, follow=True
    )

    assert "your answer is Bread" in read_back(answer)
    assert Customer.objects.get(pk=rosa.pk).traits["favouriteCategory"] == "bread"
    assert ask("c-1")["mode"] == "default"
    browser.post(page, {"told": "favouriteCategory", "answer": "flour"})
    assert ask("c-1")["mode"] == PERSONAL


def test_an_answer_can_be_removed_and_is_then_unknown(world, rosa, page, browser):
    serve(world, eligibility=whole(LIKES_FLOUR))
    assert ask("c-1")["mode"] == PERSONAL

    answer = browser.post(page, {"untold": "favouriteCategory"}, follow=True)

    assert "your answer is gone" in read_back(answer)
    assert "favouriteCategory" not in Customer.objects.get(pk=rosa.pk).traits
    assert ask("c-1")["mode"] == "default"


def test_the_persons_own_limit_holds_where_ours_would_allow_more(
    world, rosa, page, browser
):
    shop.cap(5)
    places = [shop.placement(f"home.{n}") for n in range(3)]
    shop.use_case(world, [shop.offer("coats", places)], places)

    answer = browser.post(page, {"frequency": "1"}, follow=True)

    assert "at most 1 a week" in read_back(answer)
    modes = [ask("c-1", f"home.{n}") for n in range(3)]
    assert [m["mode"] for m in modes] == [PERSONAL, "default", "default"]
    assert reason(modes[1]) == "caps.own_limit"
    assert queries.head(rosa.pk) == queries.rebuilt(rosa.pk).__class__.from_dict(
        queries.head(rosa.pk).to_dict()
    )
    browser.post(page, {"frequency": "none"})
    assert ask("c-1", "home.2")["mode"] == PERSONAL


def test_our_cap_holds_where_the_person_would_allow_more(world, rosa, page, browser):
    shop.cap(1)
    places = [shop.placement(f"home.{n}") for n in range(2)]
    shop.use_case(world, [shop.offer("coats", places)], places)

    browser.post(page, {"frequency": "5"})

    assert [ask("c-1", f"home.{n}")["mode"] for n in range(2)] == [
        PERSONAL,
        "default",
    ]


def test_a_break_from_one_way_leaves_the_others_as_they_are(world, rosa, page, browser):
    serve(world)

    browser.post(page, {"pause": "30", "place": "email"})
    assert ask("c-1")["mode"] == PERSONAL
    answer = browser.post(page, {"pause": "7", "place": "web"}, follow=True)

    assert "you have a break until" in read_back(answer)
    assert ask("c-1")["mode"] == "default"
    browser.post(page, {"pause": "end", "place": "web"})
    assert ask("c-1")["mode"] == PERSONAL


def test_somebody_under_eighteen_gets_what_everybody_gets(world, rosa, page, browser):
    serve(world)
    assert ask("c-1")["mode"] == PERSONAL

    answer = browser.post(page, {"age": "child"}, follow=True)

    assert "we treat you as under 18" in read_back(answer)
    told = ask("c-1")
    assert (told["mode"], reason(told)) == ("default", "consent.child")
    assert browser.post(page, {"age": "adult_verified"}).status_code == 422


def test_of_unknown_age_means_child_where_children_are_likely(world, rosa, settings):
    serve(world)
    settings.LIKELY_USED_BY_CHILDREN = True
    snapshot.forget()

    assert reason(ask("c-1")) == "consent.child"


def test_a_no_to_offers_is_an_objection(rosa, page, browser):
    browser.post(page, {"purpose": "direct_marketing:no"})
    browser.post(page, {"purpose": "analytics:no"})

    said = {row.purpose: row.action for row in queries.proof(rosa.pk)}
    assert said == {"direct_marketing": "object", "analytics": "deny"}


def test_a_listed_address_is_spared_until_the_person_takes_it_off(rosa, page, browser):
    browser.post(page, {"purpose": "direct_marketing:yes"})
    assert queries.may_use(rosa.pk, "direct_marketing", "email", now=clock())

    n_added, n_people = suppress(
        by=Actor.system("import"),
        now=clock(),
        channel="email",
        addresses=["rosa@example.org", "nobody@example.org"],
        why="hard bounce",
        source="import:list",
    )

    assert (n_added, n_people) == (2, 1)
    answer = queries.may_use(rosa.pk, "direct_marketing", "email", now=clock())
    assert answer.code == "consent.suppressed"
    assert queries.may_use(rosa.pk, "direct_marketing", "sms", now=clock())
    assert "You are on our stop list." in read_back(browser.get(page))
    assert "rosa" not in str(list(Suppression.objects.values())).lower()
    browser.post(page, {"channel": "email:on"})
    assert queries.may_use(rosa.pk, "direct_marketing", "email", now=clock())
    assert Suppression.objects.filter(lifted_at=None).count() == 1


def test_an_address_that_arrives_later_is_met_by_the_list(rosa):
    suppress(
        by=Actor.system("import"),
        now=clock(),
        channel="email",
        addresses=["late@example.org"],
        why="asked by letter",
        source="desk",
    )

    events.ingest(
        [
            {
                "type": "identify",
                "userId": "c-1",
                "messageId": "new-address",
                "traits": {"email": "Late@example.org"},
            }
        ],
        source="test",
        now=clock(),
    )

    assert queries.head(rosa.pk).suppressed == {"email"}


def test_the_signal_counts_from_the_first_look_and_shows(rosa, page, browser):
    browser.post(page, {"purpose": "ads_sharing:yes"})
    assert queries.may_use(rosa.pk, "ads_sharing", "web", now=clock())

    answer = browser.get(page, headers={"Sec-GPC": "1"})

    assert "Your browser asks us not to share your data." in read_back(answer)
    held = queries.may_use(rosa.pk, "ads_sharing", "web", now=clock())
    assert held.code == "consent.gpc"
    browser.post(page, {"purpose": "ads_sharing:yes"}, headers={"Sec-GPC": "1"})
    browser.get(page, headers={"Sec-GPC": "1"})
    assert queries.may_use(rosa.pk, "ads_sharing", "web", now=clock())


@pytest.mark.parametrize("value", ["0", "true", "01", "1;x", ""])
def test_anything_but_an_exact_one_is_no_signal(rosa, page, browser, value):
    browser.get(page, headers={"Sec-GPC": value})

    assert queries.head(rosa.pk).gpc_at is None


def test_the_copy_holds_what_we_know_and_taking_it_is_on_record(rosa, page, browser):
    answer = browser.post(f"{page}/data")

    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    text = json.dumps(json.loads(answer.content))
    assert "Rosa@Example.org" in text
    assert "tents" in text
    assert AuditEntry.objects.filter(type="person.pack_made").exists()
    assert browser.get(f"{page}/data").status_code == 405


def test_asking_for_erasure_ends_all_use_at_once(world, rosa, page, browser):
    serve(world)
    assert ask("c-1")["mode"] == PERSONAL
    browser.get(f"{page}/erasure")
    assert not RightsRequest.objects.exists()

    answer = browser.post(f"{page}/erasure")
    browser.post(f"{page}/erasure")

    request = RightsRequest.objects.get()
    assert (request.kind, request.person_id) == ("erasure", rosa.pk)
    assert f"Your number is {request.pk}." in read_back(answer)
    assert ask("c-1")["mode"] == "default"


def test_a_link_opens_its_own_page_and_no_other(rosa, browser):
    stop, choices = make_unsubscribe_token(rosa.pk), make_preferences_token(rosa.pk)

    assert read_unsubscribe_token(choices) is None
    assert read_preferences_token(stop) is None
    assert browser.get(f"/preferences/{stop}").status_code == 404
    assert browser.post(f"/preferences/{stop}/data").status_code == 404
    assert browser.post(f"/unsubscribe/{choices}").status_code == 404
    assert browser.post(f"/preferences/{stop}/erasure").status_code == 404


def test_one_click_needs_no_cookie_no_token_and_no_page(rosa):
    """RFC 8058: the mail provider posts what the header says, and nothing else."""
    url = f"/unsubscribe/{make_unsubscribe_token(rosa.pk)}"
    provider = Client(enforce_csrf_checks=True)

    answer = provider.post(
        url,
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    again = provider.post(url, {"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, again.status_code) == (200, 200)
    assert not answer.cookies
    assert queries.head(rosa.pk).channels_off == {"email"}


@pytest.mark.parametrize(
    "form",
    [
        {"topic": "no-such-thing:off"},
        {"topic": "tents"},
        {"frequency": "1000"},
        {"frequency": "-1"},
        {"told": "ordersLastYear", "answer": "9"},
        {"told": "favouriteCategory", "answer": "<b>"},
        {"pause": "7", "place": "fax"},
        {"purpose": "service:no"},
        {"purpose": "analytics:maybe"},
    ],
)
def test_what_the_page_does_not_offer_changes_nothing(rosa, page, browser, form):
    before = queries.head(rosa.pk)

    assert browser.post(page, form).status_code == 422

    assert queries.head(rosa.pk) == before
    assert Customer.objects.get(pk=rosa.pk).traits == rosa.traits


def test_the_page_asks_the_database_the_same_number_of_times_however_much_is_known(
    rosa, page, browser, django_assert_max_num_queries
):
    with django_assert_max_num_queries(14):
        browser.get(page)


def join(kept, merged):
    return merging.join(Join(kept.pk, merged.pk, "identify"), now=clock())


@pytest.mark.parametrize("door", ["preferences", "unsubscribe", "erasure"])
def test_a_link_from_before_signing_in_still_speaks_for_the_person(rosa, browser, door):
    visitor = shop.customer("visitor", says="")
    links = {
        "preferences": f"/preferences/{make_preferences_token(visitor.pk)}",
        "unsubscribe": f"/unsubscribe/{make_unsubscribe_token(visitor.pk)}",
        "erasure": f"/preferences/{make_preferences_token(visitor.pk)}/erasure",
    }
    join(rosa, visitor)

    browser.post(links[door], {"everything": "off"})

    head = queries.head(rosa.pk)
    assert head.personalisation_off or head.channels_off == {"email"}


def test_a_choice_made_while_two_become_one_is_heard(rosa, browser, monkeypatch):
    visitor = shop.customer("visitor", says="")
    page = f"/preferences/{make_preferences_token(visitor.pk)}"
    known = views._known

    def merged_meanwhile(person, moment):
        if person == visitor.pk:
            join(rosa, visitor)
        return known(person, moment)

    monkeypatch.setattr(views, "_known", merged_meanwhile)
    browser.post(page, {"everything": "off"})

    assert queries.head(rosa.pk).personalisation_off


def test_the_link_of_somebody_who_is_gone_opens_nothing(db, browser):
    for url in (
        f"/preferences/{make_preferences_token(999)}",
        f"/unsubscribe/{make_unsubscribe_token(999)}",
    ):
        assert browser.get(url).status_code == 404
        assert browser.post(url).status_code == 404


DOORS = {
    "stop everything": lambda page, b: b.post(page, {"everything": "off"}),
    "no to the purpose": lambda page, b: b.post(
        page, {"purpose": "personalise_onsite:no"}
    ),
    "the way switched off": lambda page, b: b.post(page, {"channel": "web:off"}),
    "a break": lambda page, b: b.post(page, {"pause": "7"}),
    "under eighteen": lambda page, b: b.post(page, {"age": "child"}),
    "erasure asked for": lambda page, b: b.post(f"{page}/erasure"),
    "the shop's own event": lambda *_: events.ingest(
        [
            {
                "type": "identify",
                "userId": "c-1",
                "messageId": "withdraws",
                "context": {
                    "consent": {"categoryPreferences": {"personalise_onsite": False}}
                },
            }
        ],
        source="shop",
        now=clock(),
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_through_every_door_a_withdrawal_holds_for_the_very_next_decision(
    world, rosa, page, browser, door
):
    serve(world)
    assert ask("c-1")["mode"] == PERSONAL

    DOORS[door](page, browser)

    assert ask("c-1")["mode"] == "default"
