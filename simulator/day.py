"""A day in the shop: who comes, what the shop asks for, what people do then.

Every draw belongs to (seed, moment, purpose, person), so a day that is played
twice with the same decisions gives the same outcomes, and what one person sees
never moves another person's dice.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np

from simulator.orders import Order, OrderDesk
from simulator.people import People
from simulator.state import State
from simulator.truth import BASE, MATCHED, TRUST_FLOOR, OfferTable
from simulator.world import World, stream

FRIDAY = 4
SHARE_HERO, SHARE_BANNER, SHARE_CART, SHARE_APP = 0.9, 0.1, 0.12, 0.6
CART_FACTOR = 3.0


class Moment(NamedTuple):
    """A whole day (``share`` 1) or a slice of one in living mode."""

    key: str
    day: date
    share: float = 1.0

    @property
    def is_whole_day(self) -> bool:
        return self.share == 1.0


class Draws:
    def __init__(self, seed: int, moment: Moment, n: int) -> None:
        self._of = cache(lambda name: stream(seed, moment.key, name).random(n))
        self._normal = cache(
            lambda name: stream(seed, moment.key, name).standard_normal(n)
        )

    def uniform(self, name: str) -> np.ndarray:
        return self._of(name)

    def normal(self, name: str) -> np.ndarray:
        return self._normal(name)


class Ask(NamedTuple):
    placement: str
    channel: str
    who: np.ndarray


class Shown(NamedTuple):
    """Answers to one ask, in its order; ``offer`` is -1 where nobody was treated."""

    ask: Ask
    offer: np.ndarray
    modes: list[str]
    decision_ids: list[str]


def shown(ask: Ask, offers: list[int], modes: list[str], ids: list[str]) -> Shown:
    offer = np.array(offers, dtype=np.int64)
    treated = np.array([mode == MATCHED for mode in modes], dtype=bool)
    return Shown(ask, np.where(treated, offer, -1), modes, ids)


@dataclass
class Pull:
    """What the shown offers do to each person, over everything they saw."""

    n: int
    lift: np.ndarray = field(init=False)
    refund: np.ndarray = field(init=False)
    discount: np.ndarray = field(init=False)
    opt_out: np.ndarray = field(init=False)
    complaint: np.ndarray = field(init=False)
    trust: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.lift, self.refund = np.ones(self.n), np.ones(self.n)
        self.discount, self.opt_out = np.zeros(self.n), np.zeros(self.n)
        self.complaint, self.trust = np.zeros(self.n), np.zeros(self.n)

    def add(self, people: People, table: OfferTable, seen: Shown) -> None:
        treated = seen.offer >= 0
        who, offer = seen.ask.who[treated], seen.offer[treated]
        self.lift[who] *= 1 + table.lift(
            seen.ask.placement, offer, match=people.match[who], price=people.price[who]
        )
        self.refund[who] *= table.column("refund_factor", offer)
        self.discount[who] = np.maximum(
            self.discount[who], table.column("discount", offer)
        )
        nerve = people.annoyance[who]
        self.opt_out[who] += table.column("opt_out", offer) * nerve
        self.complaint[who] += table.column("complaint", offer) * nerve
        self.trust[who] += table.column("trust", offer) * nerve


@dataclass
class Outcomes:
    visitors: np.ndarray
    viewers: np.ndarray
    carters: np.ndarray
    mailed: np.ndarray
    opened: np.ndarray
    mail_clicks: np.ndarray
    clicks: list[np.ndarray]
    orders: list[Order]
    opt_outs: np.ndarray
    complaints: np.ndarray
    withdrawals: np.ndarray
    trust: list[tuple[int, int]]
    csat: list[tuple[int, int]]


class Day:
    def __init__(
        self, world: World, people: People, state: State, moment: Moment
    ) -> None:
        self.world, self.people, self.state, self.moment = world, people, state, moment
        self.draws = Draws(world.seed, moment, people.n)
        u = self.draws.uniform
        rate = people.visits_per_day * moment.share
        visits = u("visit") < rate
        self.in_app = visits & people.has_app & (u("app") < SHARE_APP)
        self.on_web = visits & ~self.in_app
        self.carts = self.on_web & (u("cart") < SHARE_CART)
        self.mail = people.on_list & ~state.unsubscribed & self._mail_is_due()

    def _mail_is_due(self) -> np.ndarray:
        if self.moment.is_whole_day:
            return np.full(self.people.n, self.moment.day.weekday() == FRIDAY)
        return self.draws.uniform("mail") < self.moment.share / 7

    def asks(self) -> list[Ask]:
        u = self.draws.uniform
        wanted = (
            ("home.hero", "web", self.on_web & (u("hero") < SHARE_HERO)),
            ("home.banner", "web", self.on_web & (u("banner") < SHARE_BANNER)),
            ("cart.next", "web", self.carts),
            ("app.card", "app", self.in_app),
            ("email.weekly", "email", self.mail),
        )
        return [
            Ask(placement, channel, np.flatnonzero(who))
            for placement, channel, who in wanted
            if who.any()
        ]

    def respond(self, answers: list[Shown]) -> Outcomes:
        table = OfferTable()
        by_visit, by_mail = Pull(self.people.n), Pull(self.people.n)
        for seen in answers:
            pull = by_mail if seen.ask.channel == "email" else by_visit
            pull.add(self.people, table, seen)
        self._wear_trust(by_visit.trust + by_mail.trust)
        opened = self.mail & (self.draws.uniform("opens") < self.people.reads_mail)
        orders = self._orders(by_visit, by_mail, opened)
        opt_outs = self._opt_outs(by_visit.opt_out + by_mail.opt_out)
        self.state.unsubscribed |= opt_outs
        withdrawals = self._withdrawals()
        self.state.withdrawn |= withdrawals
        views = self.on_web & self.people.onsite & ~self.state.withdrawn
        return Outcomes(
            visitors=np.flatnonzero(self.on_web | self.in_app),
            viewers=np.flatnonzero(views & (self.draws.uniform("views") < 0.85)),
            carters=np.flatnonzero(self.carts),
            mailed=np.flatnonzero(self.mail),
            opened=np.flatnonzero(opened),
            mail_clicks=np.flatnonzero(opened & (self.draws.uniform("reads") < 0.18)),
            clicks=[self._clicks(seen) for seen in answers],
            orders=orders,
            opt_outs=np.flatnonzero(opt_outs),
            complaints=np.flatnonzero(
                self._complaints(by_visit.complaint + by_mail.complaint)
            ),
            withdrawals=np.flatnonzero(withdrawals),
            trust=self._trust_answers(),
            csat=self._csat_answers(orders),
        )

    def _wear_trust(self, change: np.ndarray) -> None:
        worn = self.state.trust_worn + change
        self.state.trust_worn = np.clip(worn, TRUST_FLOOR, 0.4)

    def _orders(self, by_visit: Pull, by_mail: Pull, opened: np.ndarray) -> list[Order]:
        people, u = self.people, self.draws.uniform
        others = (1 - SHARE_CART * CART_FACTOR) / (1 - SHARE_CART)
        cart = np.where(self.carts, CART_FACTOR, others)
        per_visit = BASE["buy_per_visit"] * people.buying * cart * by_visit.lift
        per_mail = BASE["buy_per_opened_mail"] * people.buying * by_mail.lift
        visits = self.on_web | self.in_app
        desk = OrderDesk(self.world, people, self.draws, self.moment.key)
        return [
            *desk.orders("web", visits & (u("buys") < per_visit), by_visit),
            *desk.orders("email", opened & (u("buys by mail") < per_mail), by_mail),
        ]

    def _base_chance(self, kind: str) -> np.ndarray:
        visit, mail = BASE[f"{kind}_per_visit"], BASE[f"{kind}_per_mail"]
        chance: np.ndarray = (self.on_web | self.in_app) * visit + self.mail * mail
        return chance

    def _opt_outs(self, pressure: np.ndarray) -> np.ndarray:
        may = self.people.marketing & ~self.state.unsubscribed
        chance = self._base_chance("opt_out") + pressure
        leaves: np.ndarray = may & (self.draws.uniform("leaves") < chance)
        return leaves

    def _complaints(self, pressure: np.ndarray) -> np.ndarray:
        chance = self._base_chance("complaint") + pressure
        complains: np.ndarray = self.draws.uniform("complains") < chance
        return complains

    def _withdrawals(self) -> np.ndarray:
        chance = (self.on_web | self.in_app) * BASE["withdrawal_per_visit"]
        may = self.people.onsite & ~self.state.withdrawn
        withdraws: np.ndarray = may & (self.draws.uniform("withdraws") < chance)
        return withdraws

    def _clicks(self, seen: Shown) -> np.ndarray:
        """Positions in the ask whose owner clicks what was shown."""
        u = self.draws.uniform(f"clicks {seen.ask.placement}")[seen.ask.who]
        return np.flatnonzero(u < np.where(seen.offer >= 0, 0.14, 0.07))

    def _trust_answers(self) -> list[tuple[int, int]]:
        contacted = self.on_web | self.in_app | self.mail
        answers = contacted & (
            self.draws.uniform("answers") < BASE["trust_survey_per_contact"]
        )
        noise = 0.45 * self.draws.normal("trust score")
        felt = self.people.trust + self.state.trust_worn + noise
        return [(int(i), _on_scale(felt[i])) for i in np.flatnonzero(answers)]

    def _csat_answers(self, orders: list[Order]) -> list[tuple[int, int]]:
        u, noise = self.draws.uniform("csat"), self.draws.normal("csat score")
        felt = 4.1 + 0.3 * self.state.trust_worn + 0.7 * noise
        buyers = sorted({order.person for order in orders})
        chance = BASE["csat_survey_per_order"]
        return [(i, _on_scale(felt[i])) for i in buyers if u[i] < chance]


def _on_scale(felt: float) -> int:
    return int(np.clip(round(float(felt)), 1, 5))
