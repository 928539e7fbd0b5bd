"""Which identities belong to one customer: joined where it is safe, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Identity = tuple[str, str]
USER = "user"
ANONYMOUS = "anonymous"
EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Link:
    """Identities named together by one call.

    ``joins`` says whether the call may make them one customer: an identify with both
    ids, or an alias. ``position`` is the call's place in its batch.
    """

    user: str | None
    anonymous: str | None
    previous: str | None = None
    joins: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class Join:
    """An anonymous customer found to be a known one."""

    kept: int
    merged: int
    reason: str


@dataclass(slots=True)
class Plan:
    """What a batch of links asks for.

    ``owner`` maps each identity to its customer before any join; negative numbers are
    customers yet to be created. ``refused`` lists positions of aliases that name two
    identified people. ``shared`` are devices on which a second account signed in: from
    now on they are nobody's.
    """

    owner: dict[Identity, int]
    added: list[Identity] = field(default_factory=list)
    n_new: int = 0
    joins: list[Join] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    shared: list[Identity] = field(default_factory=list)


def plan(
    links: Iterable[Link],
    known: Mapping[Identity, int],
    identified: Iterable[int],
    shared: Iterable[Identity] = (),
) -> Plan:
    """Resolve links in the order in which they happened.

    Parameters
    ----------
    links
        Calls of one batch, earliest first.
    known
        Customers of the identities that exist already.
    identified
        Customers among them that have a user id.
    shared
        Devices that several accounts have used; they join nobody.

    Returns
    -------
    Plan
        Two customers that both have a user id are never joined. A device that one
        account brought and another signs in on leaves the first: what it does without
        a user id belongs to a customer of its own, never to either account.
    """
    planner = _Planner(dict(known), set(identified), set(shared))
    for link in links:
        planner.take(link)
    return planner.plan


class _Planner:
    def __init__(
        self,
        owner: dict[Identity, int],
        identified: set[int],
        shared: set[Identity],
    ) -> None:
        self.plan = Plan(owner)
        self.identified = identified
        self.shared = shared
        self.joined: dict[int, int] = {}

    def take(self, link: Link) -> None:
        user = (USER, link.user) if link.user is not None else None
        device = (ANONYMOUS, link.anonymous) if link.anonymous is not None else None
        if user is None:
            if device is not None:
                self._ensure(device)
            return
        if link.previous is not None:
            self._alias(user, link)
        elif device is not None and link.joins:
            self._sign_in(user, device)
        self._ensure(user)

    def _sign_in(self, user: Identity, device: Identity) -> None:
        if device in self.shared or self._join(user, device, "identify"):
            return
        self.shared.add(device)
        self.plan.shared.append(device)
        self._add(device, self._new())

    def _alias(self, user: Identity, link: Link) -> None:
        former = str(link.previous)
        device = (ANONYMOUS, former)
        account = self._customer((USER, former))
        if device not in self.plan.owner and account is not None:
            if account != self._customer(user):
                self.plan.refused.append(link.position)
            return
        if not self._join(user, device, "alias"):
            self.plan.refused.append(link.position)

    def _join(self, user: Identity, device: Identity, reason: str) -> bool:
        if device in self.shared:
            return False
        known, visitor = self._customer(user), self._customer(device)
        if visitor is None:
            self._add(device, self._ensure(user))
            return True
        if known == visitor:
            return True
        if visitor in self.identified:
            return False
        if known is None:
            self._add(user, visitor)
            self.identified.add(visitor)
            return True
        self.plan.joins.append(Join(known, visitor, reason))
        self.joined[visitor] = known
        return True

    def _ensure(self, identity: Identity) -> int:
        customer = self._customer(identity)
        if customer is None:
            customer = self._new()
            self._add(identity, customer)
            if identity[0] == USER:
                self.identified.add(customer)
        return customer

    def _new(self) -> int:
        self.plan.n_new += 1
        return -self.plan.n_new

    def _add(self, identity: Identity, customer: int) -> None:
        self.plan.owner[identity] = customer
        self.plan.added.append(identity)

    def _customer(self, identity: Identity) -> int | None:
        customer = self.plan.owner.get(identity)
        while customer in self.joined:
            customer = self.joined[customer]
        return customer
