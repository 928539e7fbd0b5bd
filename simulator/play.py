"""Days played against the product, one after the other."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from simulator.catalogue import OFFER_INDEX
from simulator.client import DECISION_CUSTOMERS, Client
from simulator.day import Ask, Day, Moment, Outcomes, Shown, shown
from simulator.errors import Refused, UnknownPlacement
from simulator.events import Event, Recorder, introduction, refund_due
from simulator.people import People, context
from simulator.state import State
from simulator.timing import Timing
from simulator.world import World

INTRODUCED_AT_ONCE = 2_000


class Player:
    def __init__(
        self,
        client: Client,
        world: World,
        people: People,
        state: State,
        *,
        placements: frozenset[str],
        workers: int,
    ) -> None:
        self.client, self.world, self.people = client, world, people
        self.state, self.placements, self.workers = state, placements, workers
        self.held: list[Event] = []
        self.unknown: set[str] = set()
        self.totals: Counter[str] = Counter()

    def introduce(self, first_at: datetime) -> Iterator[dict[str, Any]]:
        n = self.people.n
        for start in range(0, n, INTRODUCED_AT_ONCE):
            end = min(start + INTRODUCED_AT_ONCE, n)
            self.client.send(
                [
                    introduction(self.people, i, first_at=first_at)
                    for i in range(start, end)
                ]
            )
            yield {"state": "introducing", "customers": end, "of": n}

    def play(self, moment: Moment, timing: Timing, *, hold: bool) -> Counter[str]:
        """Play one moment; ``hold`` keeps its outcomes back until ``flush``."""
        self.flush()
        day = Day(self.world, self.people, self.state, moment)
        answers = self._ask(day.asks())
        timing.mark()
        recorder = Recorder(day, timing.stamp)
        recorder.decisions_shown(answers)
        self.client.send(recorder.events)
        n_shown = len(recorder.events)
        recorder.events = []
        happened = day.respond(answers)
        recorder.outcomes(answers, happened)
        self._refunds(recorder, happened)
        self.held = sorted(recorder.events, key=lambda event: event["timestamp"])
        counts = _count(answers, happened, n_shown)
        if not hold:
            timing.settle()
            self.flush()
        self.totals += counts
        return counts

    def flush(self) -> None:
        self.client.send(self.held)
        self.held = []

    def _refunds(self, recorder: Recorder, happened: Outcomes) -> None:
        ordinal = recorder.day.moment.day.toordinal()
        for due in self.state.take_refunds(ordinal):
            recorder.refund(due)
        later = (refund_due(order, ordinal) for order in happened.orders)
        self.state.refunds_due += [due for due in later if due is not None]

    def _ask(self, asks: list[Ask]) -> list[Shown]:
        wanted = [
            Ask(ask.placement, ask.channel, ask.who[i : i + DECISION_CUSTOMERS])
            for ask in asks
            if ask.placement in self.placements - self.unknown
            for i in range(0, len(ask.who), DECISION_CUSTOMERS)
        ]
        if self.workers == 1:
            answers = [self._answers(ask) for ask in wanted]
        else:
            with ThreadPoolExecutor(self.workers) as pool:
                answers = list(pool.map(self._answers, wanted))
        known = [answer for answer in answers if answer is not None]
        if wanted and not known:
            raise Refused(
                f"{self.client.url} knows none of {', '.join(sorted(self.unknown))}. "
                "Set up the shop's placements first (manage.py seed_demo)."
            )
        return known

    def _answers(self, ask: Ask) -> Shown | None:
        user_ids = [self.people.user_id(i) for i in ask.who.tolist()]
        try:
            decisions = self.client.decide(
                ask.placement, ask.channel, user_ids, context(ask.channel)
            )
        except UnknownPlacement:
            self.unknown.add(ask.placement)
            return None
        return shown(
            ask,
            [_offer_index(decision) for decision in decisions],
            [str(decision.get("mode")) for decision in decisions],
            [str(decision.get("decisionId")) for decision in decisions],
        )

    def summary(self) -> dict[str, Any]:
        return {
            **self.totals,
            **{f"events_{name}": n for name, n in self.client.counts.items()},
            "rejections": self.client.rejections,
            "unknownPlacements": sorted(self.unknown),
            "refundsPending": len(self.state.refunds_due),
        }


def _offer_index(decision: dict[str, Any]) -> int:
    items = decision.get("items") or [{}]
    return OFFER_INDEX.get(str(items[0].get("offer")), -1)


def _count(answers: list[Shown], happened: Outcomes, n_shown: int) -> Counter[str]:
    counts = Counter(mode for seen in answers for mode in seen.modes)
    return Counter(
        {
            "decisions": sum(len(seen.modes) for seen in answers),
            **{f"decisions_{mode}": n for mode, n in counts.items()},
            "shown": n_shown,
            "visits": len(happened.visitors),
            "mails": len(happened.mailed),
            "orders": len(happened.orders),
            "opt_outs": len(happened.opt_outs),
            "complaints": len(happened.complaints),
            "surveys": len(happened.trust) + len(happened.csat),
        }
    )
