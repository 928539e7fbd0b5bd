"""The planted world put through a fair coin, without HTTP: what can be found?

Customers who consented are split at random at their first contact with a
placement, everybody else sees the default. Outcomes count from that contact on.
The always-valid interval is the asymptotic confidence sequence of Waudby-Smith,
Arbour, Sinha, Kennedy and Ramdas (2024), "Time-uniform central limit theory and
asymptotic confidence sequences", Annals of Statistics 52(6), with half-width
SE · sqrt(2 (nρ² + 1)/(nρ²) · ln(sqrt(nρ² + 1)/α)).
"""

from datetime import date, timedelta
from math import log, sqrt
from typing import Any, NamedTuple

import numpy as np

from simulator.catalogue import CATEGORY_KEYS, OFFER_INDEX
from simulator.day import Ask, Day, Moment, Outcomes, Shown, shown
from simulator.people import People
from simulator.state import State
from simulator.truth import MATCHED, as_json
from simulator.world import World, stream

ALPHA = 0.05
MARGIN_FLOOR = 5.0
METRICS = ("quality_orders", "orders", "opt_outs", "complaints", "trust")


class UseCase(NamedTuple):
    """One use case as a shop might run it: a placement and an offer for each."""

    name: str
    placement: str
    topic: str
    share_treated: float = 0.5

    def offers(self, people: People) -> np.ndarray:
        if self.topic == "clearance":
            return np.full(people.n, OFFER_INDEX["rainwear-clearance"])
        picks = np.array([OFFER_INDEX[f"{key}-picks"] for key in CATEGORY_KEYS])
        offers: np.ndarray = picks[people.favourite]
        return offers


USE_CASES = (
    UseCase("picks on the home page", "home.hero", "category_picks"),
    UseCase("picks on the home page, 10 % treated", "home.hero", "category_picks", 0.1),
    UseCase("a second weekly e-mail", "email.weekly", "clearance"),
    UseCase("picks in the app", "app.card", "category_picks"),
)


class Tally:
    def __init__(self, n: int) -> None:
        self.sums = {name: np.zeros(n) for name in METRICS}
        self.answers = np.zeros(n)
        self.entered = np.zeros(n, dtype=bool)

    def add(self, happened: Outcomes) -> None:
        for order in happened.orders:
            self.sums["orders"][order.person] += 1
            kept = order.refund_after_days is None
            if kept and order.margin >= MARGIN_FLOOR:
                self.sums["quality_orders"][order.person] += 1
        self.sums["opt_outs"][happened.opt_outs] += 1
        self.sums["complaints"][happened.complaints] += 1
        for i, score in happened.trust:
            self.sums["trust"][i] += score
            self.answers[i] += 1
        for values in (*self.sums.values(), self.answers):
            values[~self.entered] = 0

    def per_customer(self, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the values and who has one."""
        if metric != "trust":
            return self.sums[metric], self.entered
        answered = self.entered & (self.answers > 0)
        return self.sums["trust"] / np.maximum(self.answers, 1), answered


def run(
    use_case: UseCase, world: World, people: People, start: date, days: int
) -> dict[str, Any]:
    treated = stream(world.seed, "trial", use_case.name).random(people.n)
    in_treatment = treated < use_case.share_treated
    offers = use_case.offers(people)
    state, tally = State(people.n), Tally(people.n)
    for i in range(days):
        day = start + timedelta(days=i)
        played = Day(world, people, state, Moment(day.isoformat(), day))
        asks = [a for a in played.asks() if a.placement == use_case.placement]
        answers = [_answer(ask, people, state, in_treatment, offers) for ask in asks]
        for ask in asks:
            tally.entered[ask.who[_consented(ask, people, state)]] = True
        tally.add(played.respond(answers))
    return {
        metric: _compare(*tally.per_customer(metric), in_treatment)
        for metric in METRICS
    }


def _consented(ask: Ask, people: People, state: State) -> np.ndarray:
    if ask.channel == "email":
        allowed = people.marketing & ~state.unsubscribed
    else:
        allowed = people.onsite & ~state.withdrawn
    consented: np.ndarray = allowed[ask.who]
    return consented


def _answer(
    ask: Ask,
    people: People,
    state: State,
    in_treatment: np.ndarray,
    offers: np.ndarray,
) -> Shown:
    may = _consented(ask, people, state)
    modes = np.where(
        ~may, "default", np.where(in_treatment[ask.who], MATCHED, "control")
    )
    return shown(ask, offers[ask.who].tolist(), modes.tolist(), [""] * len(ask.who))


def _compare(
    values: np.ndarray, counted: np.ndarray, in_treatment: np.ndarray
) -> dict[str, Any]:
    treated, control = values[counted & in_treatment], values[counted & ~in_treatment]
    if min(len(treated), len(control)) < 2:
        return {"n": [len(treated), len(control)], "alwaysValid": None}
    difference = float(treated.mean() - control.mean())
    error = sqrt(
        treated.var(ddof=1) / len(treated) + control.var(ddof=1) / len(control)
    )
    reach = error * always_valid_factor(len(treated) + len(control))
    return {
        "n": [len(treated), len(control)],
        "treated": round(float(treated.mean()), 5),
        "control": round(float(control.mean()), 5),
        "difference": round(difference, 5),
        "standardError": round(error, 5),
        "alwaysValid": [round(difference - reach, 5), round(difference + reach, 5)],
    }


def always_valid_factor(n: int, *, tuned_for: int = 5_000) -> float:
    """Standard errors on each side of the always-valid 95 % interval."""
    rho2 = (-2 * log(ALPHA) + log(-2 * log(ALPHA)) + 1) / tuned_for
    scale = n * rho2
    return sqrt(2 * (scale + 1) / scale * log(sqrt(scale + 1) / ALPHA))


def report(seed: int, customers: int, start: date, days: int) -> dict[str, Any]:
    world, people = World(seed), People(seed, customers)
    return {
        "seed": seed,
        "customers": customers,
        "days": days,
        "planted": as_json(),
        "marginFloor": MARGIN_FLOOR,
        "expected": {
            case.name: {
                "placement": case.placement,
                "topic": case.topic,
                "shareTreated": case.share_treated,
                "metrics": run(case, world, people, start, days),
            }
            for case in USE_CASES
        },
    }
