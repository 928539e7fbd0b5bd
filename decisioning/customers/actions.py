from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from decisioning.customers.core import (
    ANONYMOUS,
    EMAIL,
    USER,
    VISITORS,
    Identity,
    Join,
    Link,
    plan,
)
from decisioning.types import bigints, texts
from governance.consent import suppressions
from governance.installation.queries import now as database_now


class IdentityRaced(Exception):
    """Another transaction took one of the identities first: start again."""


@dataclass(slots=True)
class Stock:
    """Tells the database's planner what came in: bulk loads outrun autovacuum.

    Plans made while a table was empty scan it whole for every row that refers to it, so
    stock is taken early in a load and whenever the load has grown tenfold since.
    """

    rows_at_last: int = 0

    def grown_to(self, rows: int) -> None:
        if rows >= 10 * self.rows_at_last:
            self.rows_at_last = rows
            self.take()

    def take(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT attune_take_stock()")


@dataclass(frozen=True, slots=True)
class Left:
    """A browser or device that leaves an account's customer for one of its own."""

    identity_id: int
    account: int
    visitor: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whose identities are whose, before ``joins`` are carried out.

    ``visitors`` are the numbers of browsers and devices, ``left`` those that have just
    turned out to be shared.
    """

    owner: Mapping[Identity, int]
    created: Sequence[int]
    joins: Sequence[Join]
    refused: Collection[int]
    visitors: Mapping[Identity, int]
    left: Sequence[Left]


def resolve(links: Iterable[Link], *, now: datetime) -> Resolution:
    """Find the customers of a batch and number new ones, in a fixed number of
    statements.

    Runs in the caller's transaction, which then adds the newcomers with
    `bring_up_to_date`, and lets `part` those who left.

    Raises
    ------
    IdentityRaced
        Where the same identity was created at the same moment elsewhere.
    """
    ordered = list(links)
    known = _known(_identities(ordered))
    made = plan(ordered, known.owner, known.identified, known.shared, known.accounts)
    created = _numbers(made.n_new)

    def real(customer: int) -> int:
        return customer if customer > 0 else created[-customer - 1]

    owner = {identity: real(customer) for identity, customer in made.owner.items()}
    added = {i: owner[i] for i in made.added if i not in known.owner}
    visitors = known.visitors | _add_identities(added, made.accounts, now=now)
    _note_accounts(
        {i: a for i, a in made.accounts.items() if known.accounts.get(i) != a}
    )
    _set_apart({identity: owner[identity] for identity in made.shared}, now=now)
    return Resolution(
        owner,
        created,
        [Join(real(j.kept), real(j.merged), j.reason) for j in made.joins],
        frozenset(made.refused),
        visitors,
        [Left(visitors[i], real(whose), owner[i]) for i, whose in made.left.items()],
    )


def _identities(links: Iterable[Link]) -> set[Identity]:
    found: set[Identity] = set()
    for link in links:
        if link.user is not None:
            found.add((USER, link.user))
        found.update(link.visitors)
        if link.previous is not None:
            found.update(((USER, link.previous), (ANONYMOUS, link.previous)))
    return found


@dataclass(slots=True)
class _Known:
    """Identities that exist: whose they are, and what is known of browsers."""

    owner: dict[Identity, int] = field(default_factory=dict)
    identified: set[int] = field(default_factory=set)
    shared: set[Identity] = field(default_factory=set)
    accounts: dict[Identity, str] = field(default_factory=dict)
    visitors: dict[Identity, int] = field(default_factory=dict)


def _known(identities: set[Identity]) -> _Known:
    wanted = sorted(identities)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.kind, i.value, i.customer_id,"
            " i.kind = 'user' OR EXISTS (SELECT 1 FROM decisioning_customeridentity u"
            "   WHERE u.customer_id = i.customer_id AND u.kind = 'user'),"
            " i.shared_at IS NOT NULL, i.account, i.id"
            " FROM unnest(%s::text[], %s::text[]) q(kind, value)"
            " JOIN decisioning_customeridentity i USING (kind, value)",
            [texts(kind for kind, _ in wanted), texts(value for _, value in wanted)],
        )
        rows = cursor.fetchall()
    found = _Known()
    for kind, value, customer, has_user, is_shared, account, number in rows:
        found.owner[kind, value] = customer
        if has_user:
            found.identified.add(customer)
        if kind in VISITORS:
            found.visitors[kind, value] = number
        if is_shared:
            found.shared.add((kind, value))
        if account:
            found.accounts[kind, value] = account
    return found


def _numbers(n: int) -> list[int]:
    if not n:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('decisioning_customer', 'id'))"
            " FROM generate_series(1, %s)",
            [n],
        )
        return [customer_id for (customer_id,) in cursor.fetchall()]


def _add_identities(
    added: Mapping[Identity, int], accounts: Mapping[Identity, str], *, now: datetime
) -> dict[Identity, int]:
    """Add them, and number those that are browsers or devices."""
    if not added:
        return {}
    rows = sorted((kind, value, owner) for (kind, value), owner in added.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO decisioning_customeridentity"
            " (kind, value, customer_id, account, created_at)"
            " SELECT kind, value, customer_id, account, %s"
            " FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[])"
            " AS q(kind, value, customer_id, account)"
            " ON CONFLICT (kind, value) DO NOTHING"
            " RETURNING kind, value, id",
            [
                now,
                texts(kind for kind, _, _ in rows),
                texts(value for _, value, _ in rows),
                bigints(owner for _, _, owner in rows),
                texts(accounts.get((kind, value), "") for kind, value, _ in rows),
            ],
        )
        if cursor.rowcount != len(rows):
            raise IdentityRaced
        return {(k, v): number for k, v, number in cursor if k in VISITORS}


def _note_accounts(accounts: Mapping[Identity, str]) -> None:
    """The first account to sign in on a browser or device; of two, the first noted.

    Raises
    ------
    IdentityRaced
        Where another account signed in there at the same moment.
    """
    if not accounts:
        return
    rows = sorted((kind, value, who) for (kind, value), who in accounts.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE decisioning_customeridentity i SET account = q.account"
            " FROM unnest(%s::text[], %s::text[], %s::text[])"
            " AS q(kind, value, account)"
            " WHERE i.kind = q.kind AND i.value = q.value"
            " AND i.account IN ('', q.account)",
            [texts(column) for column in zip(*rows, strict=True)],
        )
        if cursor.rowcount != len(rows):
            raise IdentityRaced


def _set_apart(shared: Mapping[Identity, int], *, now: datetime) -> None:
    """Take devices away from their first account: somebody else uses them too."""
    if not shared:
        return
    rows = sorted((kind, value, owner) for (kind, value), owner in shared.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE decisioning_customeridentity i"
            " SET customer_id = q.customer_id, shared_at = %s"
            " FROM unnest(%s::text[], %s::text[], %s::bigint[])"
            " AS q(kind, value, customer_id)"
            " WHERE i.kind = q.kind AND i.value = q.value",
            [now, *map(list, zip(*rows, strict=True))],
        )


def must_still_be_theirs(visitors: Mapping[int, int]) -> None:
    """Customers by browser or device, once those customers are locked.

    Raises
    ------
    IdentityRaced
        Where one of them has left its customer since it was looked up.
    """
    if not visitors:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::bigint[], %s::bigint[]) q(id, customer_id)"
            " JOIN decisioning_customeridentity i USING (id, customer_id)",
            [bigints(visitors), bigints(visitors.values())],
        )
        if cursor.fetchone() != (len(visitors),):
            raise IdentityRaced


# What a browser told its account's customer of itself leaves with it.
LEAVE = """
WITH gone AS (
    UPDATE decisioning_event SET customer_id = %(visitor)s
    WHERE customer_id = %(account)s AND identity_id = %(identity)s
    RETURNING type, properties
)
SELECT array_agg(DISTINCT key) FROM gone, jsonb_object_keys(
    CASE WHEN jsonb_typeof(properties -> 'traits') = 'object'
    THEN properties -> 'traits' ELSE '{}' END) AS key
WHERE type = 'identify'
"""


def part(left: Sequence[Left]) -> set[int]:
    """Move what shared devices did without a user id; whose profiles that changed.

    Both customers are then as if it had been known from the start, whatever came first.
    """
    if not left:
        return set()
    touched = {each.account for each in left} | {each.visitor for each in left}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM decisioning_customer WHERE id = ANY(%s::bigint[])"
            " ORDER BY id FOR NO KEY UPDATE",
            [bigints(sorted(touched))],
        )
        for each in left:
            asked = {"identity": each.identity_id, "account": each.account}
            cursor.execute(LEAVE, {**asked, "visitor": each.visitor})
            (told,) = cursor.fetchone() or (None,)
            cursor.execute(
                "UPDATE decisioning_customer SET traits = traits - %s::text[]"
                " WHERE id = %s",
                [told or [], each.account],
            )
    fold_traits(touched)
    look_again(touched)
    return touched


# For each trait of each identify call the latest value by time; a tie goes to the
# larger text.
FOLDED = """
    latest AS (
        SELECT DISTINCT ON (e.customer_id, t.key) e.customer_id, t.key, t.value
        FROM decisioning_event e, jsonb_each(e.properties->'traits') t
        WHERE e.customer_id = ANY(%(folded)s::bigint[]) AND e.type = 'identify'
        ORDER BY e.customer_id, t.key, e.occurred_at DESC,
            t.value::text COLLATE "C" DESC
    ), folded AS (
        SELECT customer_id, array_agg(key) AS told,
            COALESCE(jsonb_object_agg(key, value)
                FILTER (WHERE jsonb_typeof(value) <> 'null'), '{}') AS traits
        FROM latest GROUP BY customer_id
    )"""
FOLD_TRAITS = f"""
    WITH {FOLDED}
    UPDATE decisioning_customer c SET traits = (c.traits - folded.told) || folded.traits
    FROM folded WHERE folded.customer_id = c.id
    AND c.traits IS DISTINCT FROM (c.traits - folded.told) || folded.traits
"""  # noqa: S608
SEEN = """
    seen AS (
        SELECT * FROM unnest(%(ids)s::bigint[], %(last_at)s::timestamptz[],
            %(timezones)s::text[], %(locales)s::text[])
            AS q(id, last_at, timezone, locale)
    )"""
ADD = f"""
    WITH {SEEN}, {FOLDED}
    INSERT INTO decisioning_customer (id, pseudonym, traits, contact, timezone, locale,
        basis, created_at, last_seen_at)
    SELECT new.id, new.pseudonym, COALESCE(folded.traits, '{{}}'), '{{}}',
        COALESCE(q.timezone, ''), COALESCE(q.locale, ''), %(basis)s, %(now)s, q.last_at
    FROM unnest(%(new)s::bigint[], %(pseudonyms)s::text[]) AS new(id, pseudonym)
    LEFT JOIN seen q ON q.id = new.id
    LEFT JOIN folded ON folded.customer_id = new.id
"""  # noqa: S608
BRING_UP_TO_DATE = f"""
    WITH {SEEN}, {FOLDED}
    UPDATE decisioning_customer c SET
        last_seen_at = GREATEST(c.last_seen_at, q.last_at),
        timezone = CASE WHEN q.timezone <> '' AND (c.timezone = ''
            OR q.last_at >= c.last_seen_at) THEN q.timezone ELSE c.timezone END,
        locale = CASE WHEN q.locale <> '' AND (c.locale = ''
            OR q.last_at >= c.last_seen_at) THEN q.locale ELSE c.locale END,
        traits = CASE WHEN folded.customer_id IS NULL THEN c.traits
            ELSE (c.traits - folded.told) || folded.traits END
    FROM seen q LEFT JOIN folded ON folded.customer_id = q.id
    WHERE c.id = q.id
"""  # noqa: S608


def fold_traits(customer_ids: Collection[int]) -> None:
    """Traits as the log of identify calls says: for each, the latest value by time.

    Order of arrival does not matter; at equal times the larger text wins, and a null
    removes the trait.
    """
    if not customer_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(FOLD_TRAITS, {"folded": bigints(customer_ids)})


def look_again(customer_ids: Collection[int]) -> None:
    """When these customers were last seen, as the log of their events says."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE decisioning_customer c SET last_seen_at ="
            " (SELECT max(occurred_at) FROM decisioning_event e"
            "  WHERE e.customer_id = c.id)"
            " WHERE c.id = ANY(%s::bigint[])",
            [bigints(customer_ids)],
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a batch says about one customer beside traits and events."""

    last_at: datetime
    timezone: str = ""
    locale: str = ""


def bring_up_to_date(
    seen: Mapping[int, Sighting],
    *,
    told_traits: Collection[int],
    newcomers: Collection[int],
    now: datetime,
    basis: str = "",
) -> None:
    """Last seen, time zone, locale and traits in one go; ``newcomers`` are added.

    A time zone or locale counts where it came with nothing older; ``told_traits`` are
    those whose traits are folded anew. Known rows are locked first, so that the fold
    sees the events of every batch before this one; nobody else knows newcomers.

    Raises
    ------
    IdentityRaced
        Where one of them became part of another customer, or was erased, since it was
        looked up: their events must not outlive them.
    """
    new = frozenset(newcomers)
    known = sorted(seen.keys() - new)
    if new:
        added = {
            "basis": basis,
            "now": now,
            "new": bigints(sorted(new)),
            "pseudonyms": texts(f"p-{secrets.token_hex(8)}" for _ in new),
            **_told(seen, sorted(new & seen.keys()), new.intersection(told_traits)),
        }
        with connection.cursor() as cursor:
            cursor.execute(ADD, added)
    if known:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE merged_into_id IS NULL)"
                " FROM (SELECT merged_into_id FROM decisioning_customer"
                " WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE) locked",
                [bigints(known)],
            )
            if cursor.fetchone() != (len(known),):
                raise IdentityRaced
            cursor.execute(BRING_UP_TO_DATE, _told(seen, known, set(told_traits) - new))


def _told(
    seen: Mapping[int, Sighting], ids: Sequence[int], folded: Collection[int]
) -> dict[str, Any]:
    return {
        "ids": bigints(ids),
        "last_at": texts(seen[customer].last_at.isoformat() for customer in ids),
        "timezones": texts(seen[customer].timezone for customer in ids),
        "locales": texts(seen[customer].locale for customer in ids),
        "folded": bigints(folded),
    }


ContactNews = Mapping[int, Mapping[str, tuple[str, Any]]]


def note_contact(news: ContactNews, *, now: datetime | None = None) -> None:
    """Contact details, each kept with the time it was told; the latest wins.

    An e-mail address also becomes an identity, as a keyed hash; one that is on the
    suppression list bars its owner from messages.
    """
    if not news:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, contact FROM decisioning_customer WHERE id = ANY(%s)"
            " ORDER BY id FOR NO KEY UPDATE",
            [sorted(news)],
        )
        updated = {
            customer: merged_contact(_as_dict(stored), news[customer])
            for customer, stored in cursor.fetchall()
        }
        cursor.execute(
            "UPDATE decisioning_customer c SET contact = q.contact::jsonb"
            " FROM unnest(%s::bigint[], %s::text[]) AS q(id, contact)"
            " WHERE c.id = q.id",
            [
                list(updated),
                [msgspec.json.encode(contact).decode() for contact in updated.values()],
            ],
        )
    at = now or database_now()
    told = {who: contact for who, contact in updated.items() if "email" in news[who]}
    know_addresses(told, now=at)
    suppressions.heed(updated, now=at, source="events")


def know_addresses(contacts: Mapping[int, Mapping[str, Any]], *, now: datetime) -> None:
    """The keyed hash of each customer's present e-mail address, as an identity.

    An address that somebody else has already stays theirs: two people who give the
    same one are never joined by it.
    """
    if not contacts:
        return
    hashes = {
        who: suppressions.hash_of(EMAIL, str(contact[EMAIL]))
        for who, contact in contacts.items()
        if contact.get(EMAIL)
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM decisioning_customeridentity i"
            " USING unnest(%s::bigint[], %s::text[]) AS q(customer_id, hash)"
            " WHERE i.kind = 'email' AND i.customer_id = q.customer_id"
            " AND i.value IS DISTINCT FROM q.hash",
            [list(contacts), [hashes.get(who) for who in contacts]],
        )
        cursor.execute(
            "INSERT INTO decisioning_customeridentity"
            " (kind, value, customer_id, created_at)"
            " SELECT 'email', hash, customer_id, %s"
            " FROM unnest(%s::bigint[], %s::text[]) AS q(customer_id, hash)"
            " ORDER BY hash, customer_id ON CONFLICT (kind, value) DO NOTHING",
            [now, list(hashes), list(hashes.values())],
        )


def _as_dict(stored: Any) -> dict[str, Any]:
    found = msgspec.json.decode(stored) if isinstance(stored, str) else stored
    return dict(found)


def merged_contact(
    stored: dict[str, Any], news: Mapping[str, tuple[str, Any]]
) -> dict[str, Any]:
    times: dict[str, str] = dict(stored.get("_told_at", {}))
    for key, (at, value) in news.items():
        if at < times.get(key, ""):
            continue
        if at == times.get(key) and str(value) < str(stored.get(key, "")):
            continue
        times[key] = at
        stored[key] = value
    kept = {k: v for k, v in stored.items() if v is not None and k != "_told_at"}
    return {**kept, "_told_at": times}
