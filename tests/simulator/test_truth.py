"""The planted effects come out of what was sent, and only where they can."""

from datetime import date

import numpy as np
import pytest

from simulator import cli, trial
from simulator.catalogue import CATEGORY_KEYS, OFFER_INDEX
from simulator.day import Ask, Pull, shown
from simulator.people import People
from simulator.truth import BASE, EFFECTS, OfferTable
from simulator.world import World
from tests.simulator.shop_server import Shop, serving

START = date(2026, 3, 2)
N = 20_000


@pytest.fixture(scope="module")
def people():
    return People(7, N)


@pytest.fixture(scope="module")
def expected():
    return trial.report(7, N, START, 28)["expected"]


@pytest.mark.enable_socket
def test_orders_over_http_follow_what_was_shown(people):
    """Lift per visit of matched picks, treated against control, by HTTP alone."""

    def favourite(user_id, placement):
        return f"{CATEGORY_KEYS[people.favourite[int(user_id[2:]) - 1]]}-picks"

    shop = Shop(choose=favourite)
    with serving(shop) as url:
        keys = ["--url", url, "--write-key", "w", "--api-key", "a", "--no-introduce"]
        size = ["--customers", str(N), "--days", "28", "--from", START.isoformat()]
        code = cli.main(["play", *keys, *size, "--placements", "home.hero"])

    visits = {True: [], False: []}
    for event in shop.named("Decision Shown"):
        treated = shop.is_treated(event["userId"], "home.hero")
        visits[treated].append((event["userId"], event["messageId"].split(":")[2]))
    ordered = {
        (e["userId"], e["messageId"].split(":")[2])
        for e in shop.named("Order Completed")
    }
    rates = {
        arm: np.array([visit in ordered for visit in seen])
        for arm, seen in visits.items()
    }
    who = [int(user_id[2:]) - 1 for user_id, _ in visits[True]]
    offer = np.array([OFFER_INDEX[favourite(u, "")] for u, _ in visits[True]])
    lift = OfferTable().lift(
        "home.hero", offer, match=people.match[who], price=people.price[who]
    )
    planted = BASE["buy_per_visit"] * np.mean(people.buying[who] * lift)
    found = rates[True].mean() - rates[False].mean()
    error = np.sqrt(sum(r.var() / len(r) for r in rates.values()))
    assert code == 0
    assert abs(found - planted) < 3 * error
    assert found > 5 * error


def test_the_clear_use_case_excludes_zero_and_clears_its_guardrails(expected):
    for name in ("picks on the home page", "picks on the home page, 10 % treated"):
        found = expected[name]["metrics"]
        assert found["quality_orders"]["alwaysValid"][0] > 0
        assert found["opt_outs"]["alwaysValid"][1] < 0.01
        assert found["complaints"]["alwaysValid"][1] < 0.005
        assert found["trust"]["alwaysValid"][0] > -0.25


def test_the_pressing_mail_is_seen_to_lose_trust(expected):
    found = expected["a second weekly e-mail"]["metrics"]

    assert found["orders"]["difference"] > 0
    assert found["opt_outs"]["alwaysValid"][0] > 0.01
    assert found["complaints"]["alwaysValid"][0] > 0.005
    assert found["trust"]["alwaysValid"][1] < -0.25


def test_the_app_has_too_little_traffic_to_tell(expected):
    found = expected["picks in the app"]["metrics"]

    low, high = found["quality_orders"]["alwaysValid"]
    assert low < 0 < high
    assert found["trust"]["alwaysValid"][0] < -0.25


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_clear_use_case_is_found_in_other_worlds_too(seed):
    found = trial.run(trial.USE_CASES[0], World(seed), People(seed, N), START, 28)

    assert found["quality_orders"]["alwaysValid"][0] > 0


@pytest.mark.parametrize("mode", ["control", "holdout", "default", "safe_default"])
def test_default_content_moves_nobody(people, mode):
    pull = Pull(people.n)
    ask = Ask("home.hero", "web", np.arange(3))

    pull.add(people, OfferTable(), shown(ask, [0, 1, 2], [mode] * 3, ["d"] * 3))

    assert (pull.lift == 1).all()
    assert not pull.opt_out.any()


def test_a_better_match_lifts_more_and_pressure_wears_trust(people):
    best = int(people.taste[0].argmax())
    worst = int(people.taste[0].argmin())
    pulls = {}
    for name, offer in (
        ("best", f"{CATEGORY_KEYS[best]}-picks"),
        ("worst", f"{CATEGORY_KEYS[worst]}-picks"),
        ("press", "rainwear-clearance"),
    ):
        pulls[name] = Pull(people.n)
        ask = Ask("home.hero", "web", np.array([0]))
        seen = shown(ask, [OFFER_INDEX[offer]], ["personalised"], ["d"])
        pulls[name].add(people, OfferTable(), seen)

    picks = EFFECTS["category_picks"]
    assert pulls["best"].lift[0] == pytest.approx(
        1 + picks.base_lift + picks.taste_lift
    )
    assert pulls["worst"].lift[0] < pulls["best"].lift[0]
    assert pulls["press"].trust[0] < 0 < pulls["press"].opt_out[0]


def test_the_always_valid_reach_has_its_published_size_and_grows_off_tune():
    assert trial.always_valid_factor(5_000) == pytest.approx(3.04, abs=0.01)
    assert trial.always_valid_factor(50_000) > trial.always_valid_factor(5_000)
    assert trial.always_valid_factor(500) > trial.always_valid_factor(5_000)
