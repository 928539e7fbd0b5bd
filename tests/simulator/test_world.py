import json

import numpy as np

from simulator.catalogue import CATEGORY_KEYS, OFFERS, PLACEMENT_KEYS
from simulator.people import People
from simulator.truth import EFFECTS
from simulator.world import World


def test_the_same_seed_is_the_same_shop_and_another_is_not():
    assert World(7).as_json() == World(7).as_json()
    assert World(7).as_json()["products"] != World(8).as_json()["products"]


def test_the_shop_is_as_large_as_it_should_be():
    world = World(7).as_json()

    assert len(world["products"]) == len({p["key"] for p in world["products"]}) == 60
    assert len(world["categories"]) == 8
    assert len(world["offers"]) == len({o["key"] for o in world["offers"]}) == 31
    assert {p["key"] for p in world["placements"]} == set(PLACEMENT_KEYS)
    assert all(0 < float(p["margin"]) < float(p["price"]) for p in world["products"])


def test_every_offer_has_creatives_a_topic_with_an_effect_and_known_placements():
    world = World(7).as_json()
    with_creative = {c["offer"] for c in world["creatives"]}

    for offer in world["offers"]:
        assert offer["key"] in with_creative
        assert offer["topic"] in EFFECTS
        assert set(offer["placements"]) <= set(PLACEMENT_KEYS)


def test_the_shops_configuration_tells_nothing_of_the_truth():
    text = json.dumps(World(7).as_json()).lower()

    for word in ("lift", "taste", "annoy", "sensitiv", "effect", "truth", "trust"):
        assert word not in text


def test_a_person_is_the_same_however_many_customers_there_are():
    few, many = People(7, 300), People(7, 900)

    for i in (0, 17, 299):
        assert few.user_id(i) == many.user_id(i)
        assert few.consent(i) == many.consent(i)
        assert np.array_equal(few.taste[i], many.taste[i])
        assert few.annoyance[i] == many.annoyance[i]


def test_consent_is_given_by_as_many_as_planned():
    people = People(7, 20_000)
    answers = [people.consent(i) for i in range(people.n)]

    given = [a for a in answers if a is not None]
    assert abs(1 - len(given) / people.n - 0.12) < 0.01
    assert abs(sum(a["personalise_onsite"] for a in given) / people.n - 0.78) < 0.01
    assert abs(sum(a["direct_marketing"] for a in given) / people.n - 0.60) < 0.011


def test_favourites_are_declared_truly_by_most():
    people = People(7, 20_000)

    agree = (people.favourite == people.taste.argmax(axis=1)).mean()
    assert abs(agree - (0.85 + 0.15 / len(CATEGORY_KEYS))) < 0.01


def test_character_leans_a_little_on_age_and_region():
    people = People(7, 20_000)
    youngest, oldest = people.age == 0, people.age == 3
    outdoor = people.taste[:, :4].sum(axis=1)
    north = people.region == 0

    assert 0.02 < outdoor[youngest].mean() - outdoor[oldest].mean() < 0.15
    assert 0.03 < people.price[youngest].mean() - people.price[oldest].mean() < 0.15
    assert people.buying[north].mean() < people.buying[~north].mean()
    assert len(OFFERS) == 31
