"""Which identities belong to one customer: joined where it is safe, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Identity = tuple[str, str]
USER = "user"
ANONYMOUS = "anonymous"
DEVICE = "device"
EMAIL = "email"
VISITORS = frozenset({ANONYMOUS, DEVICE})


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
    device: str | None = None

    @property
    def visitors(self) -> list[Identity]:
        """The browser and the device that the call names."""
        named = ((ANONYMOUS, self.anonymous), (DEVICE, self.device))
        return [(kind, value) for kind, value in named if value is not None]


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
    identified people. ``accounts`` are browsers and devices on which an account signed
    in for the first time, ``shared`` those on which a second one did: they are nobody's
    from now on. ``left`` maps those of them that belonged to an account to its
    customer: what they did without a user id goes with them.
    """

    owner: dict[Identity, int]
    added: list[Identity] = field(default_factory=list)
    n_new: int = 0
    joins: list[Join] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    accounts: dict[Identity, str] = field(default_factory=dict)
    shared: list[Identity] = field(default_factory=list)
    left: dict[Identity, int] = field(default_factory=dict)


def plan(
    links: Iterable[Link],
    known: Mapping[Identity, int],
    identified: Iterable[int],
    shared: Iterable[Identity] = (),
    accounts: Mapping[Identity, str] | None = None,
) -> Plan:
    """Resolve links: who signed in where decides, never in which order it came.

    Parameters
    ----------
    links
        Calls of one batch, earliest first.
    known
        Customers of the identities that exist already.
    identified
        Customers among them that have a user id.
    shared
        Browsers and devices that several accounts have used; they join nobody.
    accounts
        The one account that signed in on each of the others.

    Returns
    -------
    Plan
        Two customers that both have a user id are never joined. What is done without a
        user id belongs to the account that signed in there; where two did, to a
        customer of its own, never to either account.
    """
    planner = _Planner(dict(known), set(identified), set(shared), accounts or {})
    for link in links:
        planner.take(link)
    return planner.settled()


class _Planner:
    def __init__(
        self,
        owner: dict[Identity, int],
        identified: set[int],
        shared: set[Identity],
        accounts: Mapping[Identity, str],
    ) -> None:
        self.plan = Plan(owner)
        self.identified = identified
        self.shared = shared
        self.accounts = dict(accounts)
        self.joined: dict[int, int] = {}
        self.signed_in: dict[Identity, str] = {}
        self.named: dict[Identity, None] = {}

    def take(self, link: Link) -> None:
        if link.user is None:
            self.named.update(dict.fromkeys(link.visitors[:1]))
            return
        self.named[USER, link.user] = None
        if link.previous is not None:
            self._alias(link.user, link)
        elif link.joins:
            for visitor in link.visitors:
                self._sign_in(link.user, visitor, "identify")

    def settled(self) -> Plan:
        for visitor, reason in self.signed_in.items():
            if visitor in self.shared:
                self._leave(visitor)
            else:
                self._belong(visitor, (USER, self.accounts[visitor]), reason)
        for identity in self.named:
            self._ensure(identity)
        return self.plan

    def _alias(self, user: str, link: Link) -> None:
        former = str(link.previous)
        device, account = (ANONYMOUS, former), (USER, former)
        is_device = device in self.plan.owner or device in self.signed_in
        if not is_device and (account in self.plan.owner or account in self.named):
            if former != user and self._apart(account, (USER, user)):
                self.plan.refused.append(link.position)
            return
        self._sign_in(user, device, "alias")

    def _apart(self, one: Identity, other: Identity) -> bool:
        customer = self.plan.owner.get(one)
        return customer is None or customer != self.plan.owner.get(other)

    def _sign_in(self, user: str, visitor: Identity, reason: str) -> None:
        self.signed_in.setdefault(visitor, reason)
        first = self.accounts.setdefault(visitor, user)
        self.plan.accounts[visitor] = first
        if first != user and visitor not in self.shared:
            self._share(visitor)

    def _share(self, visitor: Identity) -> None:
        self.shared.add(visitor)
        self.plan.shared.append(visitor)

    def _belong(self, visitor: Identity, user: Identity, reason: str) -> None:
        known, current = self._customer(user), self._customer(visitor)
        if current is None:
            self._add(visitor, self._ensure(user))
        elif known == current:
            return
        elif current in self.identified:
            # Somebody else's before accounts were noted.
            self._share(visitor)
            self._leave(visitor)
        elif known is None:
            self._add(user, current)
            self.identified.add(current)
        else:
            self.plan.joins.append(Join(known, current, reason))
            self.joined[current] = known

    def _leave(self, visitor: Identity) -> None:
        current = self._customer(visitor)
        if current is None:
            self._add(visitor, self._new())
        elif current in self.identified:
            self.plan.left[visitor] = current
            self.plan.owner[visitor] = self._new()

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
