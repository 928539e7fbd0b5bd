"""What an order holds: products after taste, money, and whether it comes back."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulator.people import People
from simulator.truth import BASE
from simulator.world import World

if TYPE_CHECKING:
    from simulator.day import Draws, Pull

MAX_LINES = 3


class Line(NamedTuple):
    product: int
    quantity: int


class Order(NamedTuple):
    person: int
    order_id: str
    source: str
    lines: tuple[Line, ...]
    revenue: float
    discount: float
    margin: float
    refund_after_days: int | None


class OrderDesk:
    def __init__(self, world: World, people: People, draws: "Draws", key: str) -> None:
        self.world, self.people, self.draws, self.key = world, people, draws, key

    def orders(self, source: str, buys: np.ndarray, pull: "Pull") -> list[Order]:
        return [self._order(source, int(i), pull) for i in np.flatnonzero(buys)]

    def _order(self, source: str, i: int, pull: "Pull") -> Order:
        lines = self._lines(source, i)
        sold = [(self.world.products[x.product], x.quantity) for x in lines]
        list_price = sum(product.price * quantity for product, quantity in sold)
        margin = sum(product.margin * quantity for product, quantity in sold)
        discount = round(float(list_price * pull.discount[i]), 2)
        return Order(
            person=i,
            order_id=f"{self.people.user_id(i)}-{self.key}-{source}",
            source=source,
            lines=lines,
            revenue=round(list_price - discount, 2),
            discount=discount,
            margin=round(margin - discount, 2),
            refund_after_days=self._refund(source, i, pull),
        )

    def _lines(self, source: str, i: int) -> tuple[Line, ...]:
        n = 1 + int(self.draws.uniform(f"{source} lines")[i] * MAX_LINES)
        chosen = [self.favoured(f"{source} line {k}", i) for k in range(n)]
        return tuple(Line(p, chosen.count(p)) for p in dict.fromkeys(chosen))

    def favoured(self, name: str, i: int) -> int:
        """Return a product drawn after the person's taste."""
        u = float(self.draws.uniform(name)[i])
        heap = np.cumsum(self.people.taste[i])
        category = min(int(np.searchsorted(heap, u)), len(heap) - 1)
        of_category = self.world.products_of[category]
        within = float(self.draws.uniform(f"{name} within")[i])
        return int(of_category[int(within * len(of_category))])

    def _refund(self, source: str, i: int, pull: "Pull") -> int | None:
        u = self.draws.uniform(f"{source} refund")[i]
        chance = BASE["refund"] * pull.refund[i]
        return 3 + int(10 * u / chance) if u < chance else None
