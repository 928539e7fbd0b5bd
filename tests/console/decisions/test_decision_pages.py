"""Why did this person get this: the inspector's pages."""

from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta

import pytest

from decisioning.caps.models import Contact
from decisioning.engine.models import Decision
from governance.installation.queries import now as clock
from tests.factories import configuration as make

SEES = ["mara", "olga", "anna", "chen", "priya", "eve", "aud"]


def words(response):
    text = re.sub(r"<script.*?</script>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def packed(**changes):
    """Six candidates: two lost to a rule, one to a cap, two outranked, one chosen."""
    n = 6
    return {
        "constants": {
            "offer": ["socks", "boots", "coats", "hats", "gloves", "scarves"],
            "creative": ["a"] * n,
            "useCase": ["warm-up"] * n,
            "value": [10.0] * n,
            "weight": [1.0] * n,
            "priority": [1.5] * n,
        },
        "losses": [["eligibility.offer_rule", "3"], ["caps.limit_reached", "4"]],
        "outranked": "30",
        "chosen": 3,
        "probability": [0.0, 0.0, 0.0, 0.4, 0.2, 0.1],
        "score": [0.0, 0.0, 0.0, 6.0, 3.0, 1.5],
        "nextAt": {"weekly": 1_790_000_000.0},
        **changes,
    }


def decided(customer, **changes):
    at = clock()
    fields = {
        "id": uuid.uuid4(),
        "customer_id": customer.pk if customer else None,
        "placement_key": "home.hero",
        "channel": "web",
        "mode": "personalised",
        "reason": "chosen",
        "use_case_key": "warm-up",
        "config_hash": "c" * 64,
        "offer_key": "hats",
        "creative_key": "a",
        "score": 6.0,
        "propensity": 0.82,
        "experiment_key": "warm-up-test",
        "arm": "treated",
        "consent_version": 7,
        "model_digest": "d" * 64,
        "snapshot_digest": "e" * 64,
        "why": "You're seeing hats because you bought boots.",
        "candidates": packed(),
        "decided_at": at,
        "expires_at": at + timedelta(minutes=15),
        **changes,
    }
    return Decision.objects.create(**fields)


@pytest.fixture
def customer(cast):
    return make.customers([{}], now=clock())[0]


@pytest.fixture
def decision(customer):
    return decided(customer)


@pytest.mark.parametrize("who", SEES)
def test_who_may_read_decisions_opens_list_and_inspector(who, clients, decision):
    assert clients[who].get("/decisions/").status_code == 200
    assert clients[who].get(f"/decisions/{decision.pk}/").status_code == 200


@pytest.mark.parametrize("who", ["sue", "ada"])
def test_support_and_admin_are_turned_away(who, clients, decision):
    assert clients[who].get("/decisions/").status_code == 403
    assert clients[who].get(f"/decisions/{decision.pk}/").status_code == 403


def test_an_empty_log_says_what_will_be_here(clients):
    told = words(clients["mara"].get("/decisions/"))

    assert "Nothing has been decided yet" in told
    assert "It begins with a live use case" in told


def test_a_decision_that_is_not_there_is_404(clients):
    assert clients["mara"].get(f"/decisions/{uuid.uuid4()}/").status_code == 404
    assert clients["mara"].get("/decisions/not-an-id/").status_code == 404


def test_the_funnel_loses_as_many_as_it_began_with(clients, decision):
    answer = clients["anna"].get(f"/decisions/{decision.pk}/")
    stages = answer.context["stages"]

    assert stages[0]["left"] == "6"
    lost = [int(s["lost"].replace("−", "")) for s in stages[1:]]
    assert lost == [2, 1, 2]
    assert 6 - sum(lost) == int(stages[-1]["left"]) == 1
    assert "From 6 candidates to one" in words(answer)
    assert "offer rule 2" in words(answer)


def test_every_candidate_stands_with_code_sentence_and_factors(clients, decision):
    told = words(clients["anna"].get(f"/decisions/{decision.pk}/"))

    assert "You're seeing hats because you bought boots." in told
    assert "eligibility.offer_rule" in told
    assert "The offer's own rule does not fit this customer." in told
    assert "caps.limit_reached" in told
    assert "Free again 21 Sep 2026" in told
    assert "outranked" in told
    assert "chance times value 4.00, weight and priority 2.00" in html.unescape(
        clients["anna"].get(f"/decisions/{decision.pk}/").content.decode()
    )


def test_what_it_ran_on_is_told_with_consent_and_digests(clients, decision):
    told = words(clients["priya"].get(f"/decisions/{decision.pk}/"))

    assert "Version relied on 7" in told
    assert "c" * 64 in told
    assert "d" * 12 in told
    assert "warm-up-test, arm treated" in told
    assert "Reserved nothing, so no cap was used up" in told


def test_a_reservation_says_whether_it_was_shown(clients, decision, customer):
    Contact.objects.create(
        customer_id=customer.pk,
        decision_id=decision.pk,
        channel="web",
        offer_key="hats",
        use_case_key="warm-up",
        placement_key="home.hero",
        reserved_at=decision.decided_at,
        release_at=decision.expires_at,
    )

    told = words(clients["anna"].get(f"/decisions/{decision.pk}/"))

    assert "not shown yet, given back" in told


def test_a_default_without_candidates_says_why(clients, customer):
    nobody = decided(
        None,
        mode="default",
        reason="consent.unknown_customer",
        offer_key="",
        why="",
        candidates={},
        experiment_key="",
        arm="",
        consent_version=None,
        degraded=["model"],
    )

    told = words(clients["mara"].get(f"/decisions/{nobody.pk}/"))

    assert "Nothing personal was shown, so there was nothing to explain." in told
    assert "We do not know this customer" in told
    assert "The model gave no score" in told
    assert "none: nothing is known" in told
    assert "None" not in told


def test_the_inspector_holds_no_link_that_opens_the_customers_page(clients, decision):
    body = clients["priya"].get(f"/decisions/{decision.pk}/").content.decode()

    assert "/why/" not in body
    assert "/preferences/" not in body


def test_the_list_shows_pseudonyms_and_filters(clients, decision, customer):
    make_default = {"mode": "default", "reason": "governance.paused", "offer_key": ""}
    decided(customer, placement_key="email.weekly", **make_default)
    client = clients["mara"]

    assert customer.pseudonym in words(client.get("/decisions/"))
    told = words(client.get("/decisions/?mode=default"))
    assert "Someone paused the use case." in told
    assert "hats" not in told
    assert "No decision fits" in words(client.get("/decisions/?customer=p-99999"))
    assert "hats" in words(client.get(f"/decisions/?customer={customer.pseudonym}"))


def test_a_filter_that_cannot_be_read_is_refused_with_the_way_out(clients, decision):
    answer = clients["mara"].get("/decisions/?mode=maybe")

    assert answer.status_code == 422


def test_older_decisions_are_a_link_away(clients, customer):
    start = clock()
    for n in range(52):
        decided(customer, decided_at=start - timedelta(minutes=n))

    page = clients["mara"].get("/decisions/?mode=personalised").content.decode()
    older = html.unescape(re.search(r'rel="next" href="([^"]+)"', page)[1])
    rest = clients["mara"].get(f"/decisions/{older}")

    assert len(rest.context["page"].rows) == 2
    assert "mode=personalised" in older
