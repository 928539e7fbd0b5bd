"""The funnel: each stage strikes out candidates and says why."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from decisioning.engine.core.types import (
    Case,
    Contact,
    Losses,
    Person,
    PlacementTable,
)
from governance.consent.core import ORDINARY, Head, Policy, may
from governance.types import Answer

WEEK = 604_800.0
OWN_LIMIT = "caps.own_limit"
LIMIT_REACHED = "caps.limit_reached"
UNKNOWN_CUSTOMER = "consent.unknown_customer"
TOPIC_OFF = "consent.topic_off"
REFUSED_TOPIC = frozenset({"consent.withdrawn", "consent.objected", TOPIC_OFF})
ONE_OFFER = "offer."
LONGEST_TOPIC = 60


def consent(
    case: Case,
    channel: str,
    head: Head | None,
    now: datetime,
    policy: Policy = ORDINARY,
) -> Answer:
    """Whether the person allows every purpose of a use case on a channel.

    Parameters
    ----------
    case
        Its ``purposes``.
    channel
        Of the placement.
    head
        What the person allowed; ``None`` where nothing is known.
    now
        Aware.
    policy
        What holds for everybody.

    Returns
    -------
    Answer
        The first refusal, or yes.
    """
    for purpose in case.purposes:
        answer = may(head, purpose, channel, now=now, policy=policy)
        if not answer:
            return answer
    return Answer()


def offer_topic(offer: str) -> str:
    """The name under which a person leaves one offer out, where it has no topic.

    Parameters
    ----------
    offer
        Its key.

    Returns
    -------
    str
        Short enough for the ledger.
    """
    return f"{ONE_OFFER}{offer}"[:LONGEST_TOPIC]


def refused_topics(
    table: PlacementTable, case: Case, head: Head | None, now: datetime
) -> Losses:
    """Candidates whose topic the person refused.

    Parameters
    ----------
    table, case
        Candidates with their topics, and the purposes to ask for.
    head
        What the person allowed.
    now
        Aware.

    Returns
    -------
    tuple
        Reason and bitset; empty for a person who never spoke about a topic.
    """
    if head is None or not (head.topics_off or any(key.topic for key in head.cells)):
        return ()
    lost: dict[str, int] = {}
    for place, offer in enumerate(table.offers):
        if offer_topic(offer) in head.topics_off:
            lost[TOPIC_OFF] = lost.get(TOPIC_OFF, 0) | 1 << place
    for place, topic in enumerate(table.topics):
        for purpose in case.purposes if topic else ():
            code = may(head, purpose, table.channel, topic, now=now).code
            if code in REFUSED_TOPIC:
                lost[code] = lost.get(code, 0) | 1 << place
                break
    return tuple(lost.items())


def cap_losses(
    table: PlacementTable, person: Person, now: float
) -> tuple[Losses, dict[str, float]]:
    """Candidates held back by caps and by the person's own limit.

    Parameters
    ----------
    table
        Its caps.
    person
        Contacts that still count, in any order.
    now
        Seconds since the epoch.

    Returns
    -------
    losses
        Reason and bitset; a candidate may stand in both.
    next_at
        Per cap that was reached, when it lets the next contact through.
    """
    next_at: dict[str, float] = {}
    lost = 0
    for cap in table.caps:
        times = [c.at for c in person.contacts if cap.counts(c)]
        opens = opens_at(times, cap.n, cap.window, now)
        if opens is not None:
            lost |= cap.bits
            next_at[cap.key] = opens
    found: Losses = ((LIMIT_REACHED, lost),) if lost else ()
    own = own_limit_opens_at(person.contacts, person.max_per_week, now)
    if own is not None:
        next_at["own"] = own
        found = ((OWN_LIMIT, (1 << table.n) - 1), *found)
    return found, next_at


def own_limit_opens_at(
    contacts: Iterable[Contact], limit: int | None, now: float
) -> float | None:
    """When the person's own weekly limit lets the next contact through.

    Parameters
    ----------
    contacts
        Those that still count.
    limit
        Contacts a week; ``None`` for no limit of their own.
    now
        Seconds since the epoch.

    Returns
    -------
    float or None
        ``None`` when the limit is not reached.
    """
    if limit is None:
        return None
    return opens_at([c.at for c in contacts], limit, WEEK, now)


def opens_at(times: list[float], n: int, window: float, now: float) -> float | None:
    """When a rolling window has room again.

    Parameters
    ----------
    times
        Of the contacts counted, in seconds.
    n
        Most contacts within the window.
    window
        Its length in seconds.
    now
        Seconds; a contact exactly one window ago no longer counts.

    Returns
    -------
    float or None
        ``None`` when there is room now; infinity when there never is.
    """
    inside = sorted(at for at in times if at > now - window)
    if len(inside) < n:
        return None
    return inside[len(inside) - n] + window if n else float("inf")


def budget_loss(table: PlacementTable, remaining: Mapping[int, int]) -> int:
    """Candidates whose cost no longer fits into their budget.

    Parameters
    ----------
    table
        Costs and budgets.
    remaining
        Minor units left, by budget; one that is missing has run out.

    Returns
    -------
    int
        Bitset.
    """
    lost = 0
    for place, budget in enumerate(table.budgets):
        if budget is not None:
            left = remaining.get(budget, -1)
            if table.costs[place] > left:
                lost |= 1 << place
    return lost


class Funnel:
    """Keeps who is still alive; each candidate is lost once, for its first reason."""

    __slots__ = ("alive", "losses")

    def __init__(self, alive: int) -> None:
        self.alive = alive
        self.losses: list[tuple[str, int]] = []

    def strike(self, code: str, bits: int) -> None:
        """Strike out those of ``bits`` that are still alive.

        Parameters
        ----------
        code
            Why.
        bits
            Candidates.
        """
        lost = self.alive & bits
        if lost:
            self.alive ^= lost
            self.losses.append((code, lost))

    def strike_all(self, losses: Losses) -> None:
        """Strike out stage by stage.

        Parameters
        ----------
        losses
            Reason and bitset, in order.
        """
        for code, bits in losses:
            self.strike(code, bits)
