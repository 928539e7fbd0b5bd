"""What Complete Journey brings beside events: terms, assortment and past contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from django.db import connection

from decisioning.events import storing
from decisioning.events.imports import completejourney as journey
from governance.catalogue import actions as catalogue
from governance.catalogue import queries as catalogued
from governance.types import Actor

PLACEMENT: Final = f"{journey.NAME}.{journey.CHANNEL}"
PRODUCTS_A_STATEMENT: Final = 20_000
DAYS_KEPT: Final = 730
PURPOSES: Final = (
    "personalise_onsite",
    "recommendations",
    "direct_marketing",
    "analytics",
    "model_training",
    "fairness_audit",
)
COLLECTED: Final = "The grocer's loyalty survey, in a public research data set"


def declare_demographics(now: datetime) -> int:
    """Data elements for what households volunteered; none that exists is changed."""
    known = {element.key for element in catalogued.elements()}
    wanted = {
        f"household_{column}".replace("household_household", "household"): (
            column,
            told,
        )
        for column, told in journey.DEMOGRAPHICS.items()
    }
    new = {key: told for key, told in wanted.items() if key not in known}
    for key, (_, (trait, label, near)) in new.items():
        catalogue.save_element(
            by=Actor.system("import"),
            now=now,
            key=key,
            label=label,
            plain_description=f"{label}, as the household told the grocer.",
            phrase="told us about your household",
            source_type="zero_party",
            provenance="declared",
            field=f"trait.{trait}",
            value_type="text",
            collected_where=COLLECTED,
            proxy_for=[near],
            lawful_purposes=list(PURPOSES),
            ttl_days=DAYS_KEPT,
            ttl_reason="Public research data, no identifiable person.",
        )
    return len(new)


def keep_products(found: journey.Journey, *, source: str, now: datetime) -> int:
    """The assortment, with departments and categories; how many rows were written."""
    products = [*{each.sku: each._asdict() for each in found.assortment()}.values()]
    return sum(
        storing.keep_products(
            products[start : start + PRODUCTS_A_STATEMENT], source=source, now=now
        )
        for start in range(0, len(products), PRODUCTS_A_STATEMENT)
    )


def log_campaigns(
    contacts: Sequence[journey.Contact], people: Mapping[str, int]
) -> None:
    """Campaigns that households received, as decisions made elsewhere.

    Nobody recorded how households were chosen, so there is no propensity.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO decisioning_decision
                (id, customer_id, placement_key, channel, mode, reason, use_case_key,
                 config_hash, offer_key, creative_key, content, experiment_key, arm,
                 model_digest, snapshot_digest, why, candidates, inputs, request,
                 degraded, is_imported, decided_at, expires_at)
            SELECT id, customer_id, %s, %s, 'imported', 'imported', '', '', offer, '',
                content::jsonb, '', '', '', '', '', '[]', '{}', '{}', '{}', true,
                decided_at, expires_at
            FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[],
                %s::timestamptz[], %s::timestamptz[])
                AS q(id, customer_id, offer, content, decided_at, expires_at)
            ON CONFLICT (id) DO NOTHING
            """,
            [
                PLACEMENT,
                journey.CHANNEL,
                [each.decision_id for each in contacts],
                [people[each.user_id] for each in contacts],
                [f"campaign-{each.campaign}" for each in contacts],
                [_content(each) for each in contacts],
                [each.starts_at for each in contacts],
                [each.ends_at for each in contacts],
            ],
        )


def _content(contact: journey.Contact) -> str:
    told = {"campaignType": contact.kind, "coupons": contact.n_coupons}
    return msgspec.json.encode(told).decode()
