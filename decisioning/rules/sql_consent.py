"""What a customer allows, as an SQL condition: `consent.core.may` over stored heads.

Follows `may` line by line, over the same places and the same stored cells; the property
test of the rules' readers keeps the two equal.
"""

from datetime import datetime
from typing import Final, TypeAlias

from governance.catalogue.core import PURPOSES, Purpose
from governance.consent.core import ANY, GRANT_LIFETIME, Key, Policy
from governance.consent.core.resolve import places_above, topics_above

Param: TypeAlias = bool | int | float | str | datetime | list[float] | list[str]
ConsentCondition: TypeAlias = tuple[str, list[Param]]

HOURS: Final = int(GRANT_LIFETIME.total_seconds() // 3600)

CHOICES: Final = """
SELECT bool_or(cell.value->>'choice' = 'object') AS objects,
    bool_or(cell.value->>'choice' = 'deny') AS denies,
    bool_or(cell.value->>'choice' = 'grant'
        AND COALESCE((cell.value->>'seen_gpc')::boolean, FALSE)
        AND (cell.value->>'at')::timestamptz > (h.cells->>'gpc_at')::timestamptz
    ) AS informed,
    bool_or(cell.value->>'choice' = 'grant'
        AND (cell.key = %s::text
            OR COALESCE((cell.value->>'covers_below')::boolean, FALSE))
        AND COALESCE((cell.value->>'evidence_complete')::boolean, TRUE)
        AND NOT string_to_array(cell.value->>'notice', ',') && %s::text[]
        AND %s::timestamptz < LEAST((cell.value->>'expires_at')::timestamptz,
            (cell.value->>'at')::timestamptz + make_interval(hours => %s::int))
    ) AS grants
FROM jsonb_each(h.cells->'cells') AS cell
WHERE cell.key = ANY(%s::text[])"""
NOT_LISTED: Final = "(h.cells->>'gpc_at' IS NOT NULL AND said.informed IS NOT TRUE)"


def may_sql(asked: Key, *, now: datetime, policy: Policy) -> ConsentCondition:
    """Condition over alias ``c``: the purpose is allowed there now."""
    known = PURPOSES.get(asked.purpose)
    if known is None:
        return "FALSE", []
    places = places_above(asked.purpose, asked.channel, asked.topic, PURPOSES)
    params: list[Param] = [
        str(asked),
        sorted(policy.void_notices),
        now,
        HOURS,
        [str(place) for place in places],
    ]
    forbidden = ["h.cells->>'blocked' <> ''", "said.objects", "said.denies"]
    if known.gpc_applies:
        forbidden.append(NOT_LISTED)
    if known.consent_required:
        more, values = _own_words(known, asked, now, policy)
        forbidden += [*more, "said.grants IS NOT TRUE"]
        params += values
    refused = " OR ".join(f"COALESCE({each}, FALSE)" for each in forbidden)
    head = (
        "(SELECT 1 FROM governance_consenthead h"  # noqa: S608
        f" CROSS JOIN LATERAL ({CHOICES}) said WHERE h.person_id = c.id"
    )
    if known.consent_required:
        return f"EXISTS {head} AND NOT ({refused}))", params
    return f"NOT EXISTS {head} AND ({refused}))", params


def _own_words(
    purpose: Purpose, asked: Key, now: datetime, policy: Policy
) -> tuple[list[str], list[Param]]:
    """What a purpose that asks for consent is refused by, beside the cells."""
    children = ["child", "unknown"] if policy.unknown_is_child else ["child"]
    places = [*dict.fromkeys((asked.channel, ANY))]
    found = [
        "COALESCE(h.cells->>'age', 'unknown') = ANY(%s::text[])",
        "jsonb_exists_any(h.cells->'suppressed', %s::text[])",
        "jsonb_exists(h.cells->'channels_off', %s::text)",
        "jsonb_exists_any(h.cells->'topics_off', %s::text[])",
    ]
    topics = list(topics_above(asked.topic))
    params: list[Param] = [children, places, asked.channel, topics]
    for place in places:
        found.append(
            "(h.cells->'paused_until'->>%s::text)::timestamptz > %s::timestamptz"
        )
        params += [place, now]
    if purpose.personalises:
        found.append("(h.cells->>'personalisation_off')::boolean")
    return found, params
