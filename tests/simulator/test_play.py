import io
import json
import signal
import subprocess
import sys
from datetime import datetime

import pytest

from simulator import cli
from simulator.catalogue import OFFER_INDEX
from simulator.people import People
from tests.simulator.shop_server import Shop, serving

pytestmark = pytest.mark.enable_socket

START = "2026-03-02"


def play(url, *more, customers=1500, days=3, seed=7):
    keys = ["--url", url, "--write-key", "w-key", "--api-key", "a-key"]
    size = ["--customers", str(customers), "--days", str(days), "--seed", str(seed)]
    return cli.main(["play", *keys, *size, "--from", START, *more])


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_introduces_customers_then_plays_days_and_sums_up(capsys):
    shop = Shop()

    with serving(shop) as url:
        code = play(url)

    said = lines(capsys)
    identified = [e for e in shop.events.values() if e["type"] == "identify"]
    assert code == 0
    assert len({e["userId"] for e in identified}) == 1500
    assert [x["day"] for x in said if x["state"] == "played"] == [0, 1, 2]
    assert said[-1]["state"] == "finished"
    assert said[-1]["events_accepted"] == len(shop.events)
    assert said[-1]["decisions"] == sum(n for _, n in shop.asked) > 100
    assert len(shop.named("Decision Shown")) == said[-1]["shown"]


def test_playing_the_same_days_again_adds_nothing(capsys):
    shop = Shop()

    with serving(shop) as url:
        play(url)
        first = json.dumps(shop.events, sort_keys=True)
        play(url)

    assert json.dumps(shop.events, sort_keys=True) == first
    assert lines(capsys)[-1]["events_duplicates"] == len(shop.events)


def test_two_shops_with_the_same_answers_hear_the_same_events():
    heard = []
    for workers in ("1", "4"):
        shop = Shop()
        with serving(shop) as url:
            play(url, "--workers", workers)
        heard.append(shop.events)

    assert heard[0] == heard[1]


def test_another_seed_is_another_world():
    heard = []
    for seed in (7, 8):
        shop = Shop()
        with serving(shop) as url:
            play(url, seed=seed)
        heard.append({e["userId"] for e in shop.named("Product Viewed")})

    assert heard[0] != heard[1]


def test_sends_both_keys_where_they_belong():
    shop = Shop()

    with serving(shop) as url:
        play(url, days=1)

    heads = dict(shop.requests)
    assert heads["/v1/batch"] == "Basic dy1rZXk6"
    assert heads["/api/v1/decisions/batch"] == "Bearer a-key"


def test_keeps_batches_and_decision_calls_within_the_limits(capsys):
    shop = Shop()

    with serving(shop) as url:
        play(url, customers=30_000, days=1)

    assert max(shop.batches) <= 500_000
    assert max(n for _, n in shop.asked) <= 1000
    assert sum(n for p, n in shop.asked if p == "home.hero") > 1000


def test_asks_only_for_the_placements_that_were_named():
    shop = Shop()

    with serving(shop) as url:
        play(url, "--placements", "home.hero,cart.next")

    assert {placement for placement, _ in shop.asked} == {"home.hero", "cart.next"}


def test_an_unknown_placement_is_reported_and_the_rest_goes_on(capsys):
    shop = Shop()
    shop.placements = {"home.hero"}

    with serving(shop) as url:
        code = play(url)

    assert code == 0
    assert "cart.next" in lines(capsys)[-1]["unknownPlacements"]
    assert shop.named("Decision Shown")


def test_a_server_that_knows_no_placement_ends_it_with_the_way_out(capsys):
    shop = Shop()
    shop.placements = set()

    with serving(shop) as url:
        code = play(url)

    assert code == 5
    assert "knows none of" in capsys.readouterr().err


class Caller:
    """Says go before each day and counts which outcomes had arrived by then."""

    def __init__(self, shop):
        self.shop, self.arrived = shop, []

    def readline(self):
        shown = set(map(id, self.shop.named("Decision Shown")))
        tracked = [e for e in self.shop.events.values() if e["type"] == "track"]
        later = [e for e in tracked if id(e) not in shown]
        self.arrived.append({e["timestamp"][:10] for e in later})
        return "\n"


def test_stepwise_waits_before_each_day_and_holds_outcomes_until_the_next(
    monkeypatch, capsys
):
    monkeypatch.setattr("simulator.timing.LONGEST_OFFSET", 0.0)
    shop = Shop()
    caller = Caller(shop)
    monkeypatch.setattr("sys.stdin", caller)

    with serving(shop) as url:
        code = play(url, "--stepwise")

    waits = [x for x in lines(capsys) if x["state"] == "waiting"]
    assert code == 0
    assert [x["date"] for x in waits] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert [x["clock"][11:16] for x in waits] == ["08:00"] * 3
    assert caller.arrived == [set(), set(), {"2026-03-02"}]
    assert shop.named("Order Completed")


def visit_of(event):
    return event["messageId"].split(":")[2], event["userId"]


def test_nothing_happens_before_the_decision_that_led_to_it(monkeypatch):
    monkeypatch.setattr("simulator.timing.LONGEST_OFFSET", 0.0)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\n\n"))
    shop = Shop()

    with serving(shop) as url:
        play(url, "--stepwise", customers=5000)

    shown_at = {visit_of(e): e["timestamp"] for e in shop.named("Decision Shown")}
    followed = [
        e
        for name in ("Decision Clicked", "Order Completed", "Survey Answered")
        for e in shop.named(name)
        if visit_of(e) in shown_at
    ]
    assert len(followed) > 20
    assert all(e["timestamp"] >= shown_at[visit_of(e)] for e in followed)


def test_stepwise_takes_the_time_that_the_caller_set(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("2026-01-10T09:00:00+00:00\n"))
    monkeypatch.setattr("simulator.timing.LONGEST_OFFSET", 0.0)
    shop = Shop()

    with serving(shop) as url:
        play(url, "--stepwise", days=1)

    times = {e["timestamp"][:13] for e in shop.named("Decision Shown")}
    assert times == {"2026-01-10T09"}


def test_stepwise_stops_when_the_caller_closes_the_input(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    shop = Shop()

    with serving(shop) as url:
        code = play(url, "--stepwise")

    assert code == 6
    assert "closed the input" in capsys.readouterr().err


def test_refunds_carry_over_from_one_run_to_the_next(tmp_path):
    state = tmp_path / "state.json"
    shop = Shop()

    with serving(shop) as url:
        play(url, "--state", str(state), customers=20_000, days=4)
        waiting = json.loads(state.read_text())["refundsDue"]
        before = len(shop.named("Order Refunded"))
        later = ["--from", "2026-03-20", "--state", str(state), "--no-introduce"]
        play(url, *later, customers=20_000, days=1)

    assert waiting
    refunded = {e["properties"]["order_id"] for e in shop.named("Order Refunded")}
    assert {due["orderId"] for due in waiting} <= refunded
    assert len(refunded) > before


def test_a_foreign_state_file_is_refused_by_name(tmp_path, capsys):
    state = tmp_path / "state.json"
    state.write_text("not json")

    code = play("http://127.0.0.1:9", "--state", str(state))

    assert code == 2
    assert "state.json is not a state file" in capsys.readouterr().err


def test_living_mode_stamps_events_with_the_present(capsys):
    shop = Shop()

    with serving(shop) as url:
        keys = ["--url", url, "--write-key", "w", "--api-key", "a"]
        more = ["--minutes", "0.4", "--pace", "2000", "--at-once"]
        code = cli.main(["play", *keys, "--customers", "3000", *more])
        now = datetime.now().astimezone()

    times = [datetime.fromisoformat(e["timestamp"]) for e in shop.events.values()]
    assert code == 0
    assert shop.named("Decision Shown")
    assert all(0 <= (now - at).total_seconds() < 60 for at in times)
    assert not [e for e in shop.events.values() if "ageBand" in e.get("traits", {})]


def test_consent_is_sent_as_answered_and_left_out_where_nobody_answered():
    shop = Shop()

    with serving(shop) as url:
        keys = ["--url", url, "--write-key", "w", "--customers", "400"]
        code = cli.main(["introduce", *keys, "--from", START])

    people = People(7, 400)
    assert code == 0
    for i in range(400):
        event = shop.events[f"kestrel:7:sign-up:{people.user_id(i)}"]
        sent = event["context"].get("consent", {}).get("categoryPreferences")
        assert sent == people.consent(i)
        assert event["timestamp"][:10] == event["traits"]["signupDate"] < START


def test_people_without_consent_leave_no_views_behind():
    shop = Shop()

    with serving(shop) as url:
        play(url)

    people = People(7, 1500)
    viewers = {int(e["userId"][2:]) - 1 for e in shop.named("Product Viewed")}
    assert viewers
    assert all(people.onsite[i] for i in viewers)


def test_a_withdrawal_is_sent_as_a_consent_that_is_off_and_ends_views():
    shop = Shop()

    with serving(shop) as url:
        play(url, customers=20_000, days=4)

    taken_back = {
        e["userId"]: e for m, e in shop.events.items() if m.endswith(":withdraws")
    }
    assert taken_back
    for user_id, event in taken_back.items():
        choices = event["context"]["consent"]["categoryPreferences"]
        assert choices["personalise_onsite"] is False
        later = [
            e
            for e in shop.named("Product Viewed")
            if e["userId"] == user_id and e["timestamp"] > event["timestamp"]
        ]
        assert later == []


def test_runs_as_a_module_and_says_what_is_wrong_with_an_argument():
    command = [sys.executable, "-m", "simulator"]
    done = subprocess.run([*command, "world"], capture_output=True, check=True)
    keys = ["--url", "x", "--write-key", "a", "--api-key", "b"]
    failed = subprocess.run(
        [*command, "play", *keys, "--placements", "home.roof"],
        capture_output=True,
        check=False,
    )

    assert {o["key"] for o in json.loads(done.stdout)["offers"]} == set(OFFER_INDEX)
    assert failed.returncode == 2
    assert b"home.roof is not a placement" in failed.stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_cleanly_with_its_own_exit_code(stop):
    shop = Shop()
    with serving(shop) as url:
        keys = ["--url", url, "--write-key", "w", "--api-key", "a", "--stepwise"]
        command = [sys.executable, "-m", "simulator", "play", *keys, "--from", START]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert json.loads(process.stdout.readline())["state"] == "waiting"
            process.send_signal(stop)
            _, said = process.communicate(timeout=20)

    assert process.returncode == 130
    assert said.startswith(b"simulator: stopped.")
    assert b"Traceback" not in said
