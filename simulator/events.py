"""Segment's words for what happened, with message ids that a replay repeats."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from simulator.catalogue import OFFERS
from simulator.day import Day, Outcomes, Shown
from simulator.orders import Order, OrderDesk
from simulator.people import People, context
from simulator.truth import MATCHED
from simulator.world import CURRENCY, World

EXPOSES = frozenset({MATCHED, "control", "holdout"})
MINUTE, HOUR = 60.0, 3600.0
Event = dict[str, Any]
Stamp = Callable[[float], datetime]


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Recorder:
    """Turns what happened in one moment into events, timed after the decision."""

    def __init__(self, day: Day, stamp: Stamp) -> None:
        self.day, self.stamp = day, stamp
        self.people: People = day.people
        self.world: World = day.world
        self.pace = day.draws.uniform("pace")
        self.events: list[Event] = []

    def track(
        self,
        i: int,
        name: str,
        properties: dict[str, Any],
        *,
        after: tuple[float, float],
        part: str = "",
        channel: str = "web",
    ) -> None:
        offset = after[0] + (after[1] - after[0]) * float(self.pace[i])
        what = name.lower().replace(" ", "-") + (f"-{part}" if part else "")
        self.events.append(
            {
                "type": "track",
                "event": name,
                "userId": self.people.user_id(i),
                "messageId": self._message_id(i, what),
                "timestamp": iso(self.stamp(offset)),
                "properties": properties,
                "context": context(channel),
            }
        )

    def _message_id(self, i: int, what: str) -> str:
        key = self.day.moment.key
        return f"kestrel:{self.world.seed}:{key}:{self.people.user_id(i)}:{what}"

    def decisions_shown(self, answers: list[Shown]) -> None:
        for seen in answers:
            ask = seen.ask
            for position, i in enumerate(ask.who.tolist()):
                if seen.modes[position] in EXPOSES:
                    self.track(
                        i,
                        "Decision Shown",
                        _decision(seen, position),
                        after=(0, 0),
                        part=ask.placement,
                        channel=ask.channel,
                    )

    def outcomes(self, answers: list[Shown], happened: Outcomes) -> None:
        self._clicks(answers, happened)
        self._browsing(happened)
        self._mail(happened)
        for order in happened.orders:
            self._order(order)
        for score_of, kind in ((happened.trust, "trust"), (happened.csat, "csat")):
            for i, score in score_of:
                self.track(
                    i,
                    "Survey Answered",
                    {"kind": kind, "score": score},
                    after=(2 * HOUR, 8 * HOUR),
                    part=kind,
                )
        self._refusals(happened)

    def _clicks(self, answers: list[Shown], happened: Outcomes) -> None:
        for seen, clicks in zip(answers, happened.clicks, strict=True):
            ask = seen.ask
            for position in clicks.tolist():
                if seen.modes[position] in EXPOSES and ask.channel != "email":
                    self.track(
                        int(ask.who[position]),
                        "Decision Clicked",
                        _decision(seen, position),
                        after=(4, 45),
                        part=ask.placement,
                        channel=ask.channel,
                    )

    def _browsing(self, happened: Outcomes) -> None:
        desk = OrderDesk(self.world, self.people, self.day.draws, self.day.moment.key)
        for i in happened.viewers.tolist():
            product = self._product(desk.favoured("viewed", i))
            self.track(i, "Product Viewed", product, after=(30, 4 * MINUTE))
        for i in happened.carters.tolist():
            product = self._product(desk.favoured("web line 0", i))
            product["quantity"] = 1
            self.track(i, "Product Added", product, after=(4 * MINUTE, 9 * MINUTE))

    def _product(self, position: int) -> dict[str, Any]:
        product = self.world.products[position]
        return {
            "product_id": product.key,
            "name": product.name,
            "category": product.category,
            "price": product.price,
            "currency": CURRENCY,
        }

    def _mail(self, happened: Outcomes) -> None:
        steps = (
            ("Email Delivered", happened.mailed, (30.0, 5 * MINUTE)),
            ("Email Opened", happened.opened, (10 * MINUTE, 6 * HOUR)),
            ("Email Link Clicked", happened.mail_clicks, (11 * MINUTE, 6.1 * HOUR)),
        )
        for name, who, after in steps:
            for i in who.tolist():
                mail = {"campaign_name": f"friday-{self.day.moment.key}"}
                self.track(i, name, mail, after=after, channel="email")

    def _order(self, order: Order) -> None:
        lines = [
            {**self._product(line.product), "quantity": line.quantity}
            for line in order.lines
        ]
        properties = {
            "order_id": order.order_id,
            "products": lines,
            "revenue": order.revenue,
            "total": order.revenue,
            "discount": order.discount,
            "margin": order.margin,
            "currency": CURRENCY,
        }
        early = 10 * MINUTE if order.source == "web" else 6.3 * HOUR
        self.track(
            order.person,
            "Order Completed",
            properties,
            after=(early, early + 2 * HOUR),
            part=order.source,
        )

    def refund(self, due: dict[str, Any]) -> None:
        properties = {
            "order_id": due["orderId"],
            "total": due["total"],
            "revenue": due["total"],
            "currency": CURRENCY,
        }
        self.track(
            due["person"],
            "Order Refunded",
            properties,
            after=(MINUTE, 9 * HOUR),
            part=due["orderId"],
        )

    def _refusals(self, happened: Outcomes) -> None:
        for i in happened.opt_outs.tolist():
            self.track(
                i,
                "Unsubscribed",
                {"channel": "email", "purpose": "direct_marketing"},
                after=(12 * MINUTE, 7 * HOUR),
                channel="email",
            )
        for i in happened.complaints.tolist():
            self.track(
                i,
                "Complaint Raised",
                {
                    "text": "You write to me too often.",
                    "topic": "too_many_messages",
                    "via": "email",
                },
                after=(HOUR, 9 * HOUR),
            )
        for i in happened.withdrawals.tolist():
            at = self.stamp(10 * HOUR)
            marketing = bool(self.people.marketing[i])
            marketing &= not bool(self.day.state.unsubscribed[i])
            choices = {
                "personalise_onsite": False,
                "direct_marketing": marketing,
                "model_training": False,
            }
            self.events.append(
                identify(self.people.user_id(i), self._message_id(i, "withdraws"), at)
                | {"traits": {}, "context": _with_consent(choices)}
            )


def refund_due(order: Order, ordinal: int) -> dict[str, Any] | None:
    if order.refund_after_days is None:
        return None
    return {
        "due": ordinal + order.refund_after_days,
        "person": order.person,
        "orderId": order.order_id,
        "total": order.revenue,
    }


def _decision(seen: Shown, position: int) -> dict[str, Any]:
    offer = int(seen.offer[position])
    return {
        "decisionId": seen.decision_ids[position],
        "placement": seen.ask.placement,
        "offer": OFFERS[offer].key if offer >= 0 else None,
    }


def identify(user_id: str, message_id: str, at: datetime) -> Event:
    return {
        "type": "identify",
        "userId": user_id,
        "messageId": message_id,
        "timestamp": iso(at),
    }


def _with_consent(choices: dict[str, bool] | None) -> dict[str, Any]:
    if choices is None:
        return context()
    return {**context(), "consent": {"categoryPreferences": choices}}


def introduction(people: People, i: int, *, first_at: datetime) -> Event:
    """Identify one customer as of sign-up, with what they consented to then."""
    user_id = people.user_id(i)
    at = people.signed_up_at(i, first_at.date())
    return identify(user_id, f"kestrel:{people.seed}:sign-up:{user_id}", at) | {
        "traits": people.traits(i, first_at.date()),
        "context": _with_consent(people.consent(i)),
    }
