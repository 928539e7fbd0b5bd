"""A difference in plain words: so much more of what, for how many customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from decisioning.stats.sufficient import Effect


@dataclass(frozen=True, slots=True)
class Words:
    """What is counted and for how many; ``per`` multiplies the figure as displayed."""

    noun: str
    per: float = 1.0
    less: str = "fewer"


WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "conversion_quality": Words("kept orders per 100 customers", 100),
        "orders_per_customer": Words("orders per 100 customers", 100),
        "spend": Words("spend per customer", less="less"),
        "visit": Words("visitors per 100 customers", 100),
        "conversion": Words("buyers per 100 customers", 100),
        "repeat_purchase_rate": Words("repeat buyers per 100 customers", 100),
        "customer_lifetime_value": Words("lifetime value per customer", less="less"),
        "opt_out_rate": Words("opt-outs per 100 customers", 100),
        "complaints_per_10000_contacts": Words("complaints per 10,000 contacts"),
        "trust_score": Words("points of trust"),
    }
)


def change(key: str, effect: Effect) -> str:
    """The difference with its interval.

    Parameters
    ----------
    key
        Key of a scorecard metric.
    effect
        Treated minus left alone, as displayed.

    Returns
    -------
    str
        "9.1 more kept orders per 100 customers (6.9 to 11.3)"; where the interval
        includes no difference, "between 0.4 fewer and 1.2 more …".
    """
    words = WORDS.get(key, Words(key.replace("_", " ")))
    low, high = effect.lo * words.per, effect.hi * words.per
    size = effect.difference * words.per
    places = _places(max(abs(low), abs(high)))
    if low <= 0 <= high:
        return (
            f"between {-low:,.{places}f} {words.less} and "
            f"{high:,.{places}f} more {words.noun}"
        )
    direction = "more" if size > 0 else words.less
    near, far = sorted((abs(low), abs(high)))
    return (
        f"{abs(size):,.{places}f} {direction} {words.noun} "
        f"({near:,.{places}f} to {far:,.{places}f})"
    )


def _places(largest: float) -> int:
    if largest >= 1:
        return 1
    return 2 if largest >= 0.1 else 3
