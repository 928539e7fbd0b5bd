"""Products from a file: their place in the assortment, seen where somebody buys."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from console.pages.customers.happenings import timeline
from decisioning.customers.models import CustomerIdentity
from decisioning.engine.interests import interests
from decisioning.engine.portrait import portrait
from decisioning.events import actions as events
from decisioning.events.models import Product
from governance.audit.models import AuditEntry
from governance.installation.queries import now as clock
from tests.console.imports.test_more_kinds import (
    analyst,
    folders,
    imported,
    start,
    undo,
    upload,
)

__all__ = ["analyst", "folders"]
pytestmark = pytest.mark.django_db
GOODS = (
    b"sku,title,kind,price,currency,left\n"
    b"t-1,Green tea,Tea,4.50,gbp,12\n"
    b"t-2,Black tea,Tea,3,GBP,\n"
    b"c-1,Cake,Baking,dear,GBP,1\n"
    b",Nameless,Tea,1,GBP,1\n"
    b"c-2,Flour,Baking,1,pounds,2.5\n"
)
ROLES = {
    "column_0": "sku",
    "column_1": "name",
    "column_2": "category",
    "column_3": "price",
    "column_4": "currency",
    "column_5": "stock",
}
NEWER = b"sku,title,kind,price,currency,left\nt-1,Sencha,Green tea,5,GBP,3\n"


def standing(sku: str) -> tuple[Any, ...]:
    return Product.objects.values_list(
        "name", "category", "price_minor", "currency", "stock"
    ).get(sku=sku)


def test_products_come_in_with_their_place_price_and_stock(analyst: Client) -> None:
    job = imported(analyst, GOODS, "products", ROLES)

    assert standing("t-1") == ("Green tea", "Tea", 450, "GBP", 12)
    assert standing("t-2") == ("Black tea", "Tea", 300, "GBP", None)
    assert job.result["rows"] == 2
    listed = analyst.get(f"/imports/rejects/{job.pk}/").content.decode()
    told = ("3,row.price", "4,row.sku", "5,row.currency")
    assert all(row in listed for row in told)
    assert "2 rows taken, 2 products new or changed. 3 rows" in job.message
    assert AuditEntry.objects.filter(type="products.imported").count() == 1


def test_the_columns_are_guessed_and_the_choice_is_kept(analyst: Client) -> None:
    page = analyst.get(upload(analyst, GOODS, "products"))

    chosen = [c.bound.value() for c in page.context["column_fields"]]
    assert chosen == ["sku", "name", "", "price", "currency", ""]
    imported(analyst, GOODS, "products", {**ROLES, "save_as": "Shop"})
    again = analyst.get(upload(analyst, NEWER, "products"))
    assert again.context["told_by"] == "as saved under “Shop”"
    chosen = [c.bound.value() for c in again.context["column_fields"]]
    assert chosen == list(ROLES.values())


def test_a_price_needs_a_currency_of_a_column_or_of_all(analyst: Client) -> None:
    roles = {**ROLES, "column_4": ""}
    url = upload(analyst, GOODS, "products")

    without = analyst.post(url, roles)
    odd = analyst.post(url, {**roles, "currency_of_all": "£"})
    start(analyst, url, {**roles, "currency_of_all": "eur"})

    assert without.status_code == odd.status_code == 422
    assert "Say which column is “Currency of the price”." in without.content.decode()
    assert standing("t-1")[2:4] == (450, "EUR")


def test_a_trial_foretells_what_the_import_does(analyst: Client) -> None:
    imported(analyst, NEWER, "products", ROLES)
    url = upload(analyst, GOODS + GOODS.splitlines(True)[2], "products")

    trial = start(analyst, url, {**ROLES, "trial": "1"})
    assert standing("t-1")[0] == "Sencha"
    real = start(analyst, url, ROLES)

    told = ("rows", "events", "duplicates", "rejected")
    assert [trial.result[k] for k in told] == [real.result[k] for k in told]
    assert [trial.result[k] for k in told] == [3, 2, 1, 3]


def test_the_same_file_again_changes_nothing(analyst: Client) -> None:
    imported(analyst, GOODS, "products", ROLES)

    again = imported(analyst, GOODS, "products", ROLES)

    assert (again.result["events"], again.result["duplicates"]) == (0, 2)


def test_undo_brings_back_what_an_older_file_said(analyst: Client) -> None:
    first = imported(analyst, GOODS, "products", ROLES)
    second = imported(analyst, NEWER, "products", ROLES)
    assert standing("t-1")[0] == "Sencha"

    done = undo(analyst, second)

    assert standing("t-1") == ("Green tea", "Tea", 450, "GBP", 12)
    assert done.message == "1 product as before the file, 0 removed."
    undo(analyst, first)
    assert not Product.objects.exists()


def test_undo_leaves_what_a_later_file_has_changed(analyst: Client) -> None:
    first = imported(analyst, GOODS, "products", ROLES)
    second = imported(analyst, NEWER, "products", ROLES)

    undo(analyst, first)
    assert Product.objects.get().name == "Sencha"
    undo(analyst, second)

    assert not Product.objects.exists()


def test_orders_and_views_show_products_with_their_kind(analyst: Client) -> None:
    imported(analyst, GOODS, "products", ROLES)
    orders = b"no,id,amount,at,sku\n17,c-1,20.50,2026-03-01,t-1\n"
    roles = {
        "column_0": "orderId",
        "column_1": "userId",
        "column_2": "revenue",
        "column_3": "timestamp",
        "column_4": "properties",
    }
    imported(analyst, orders, "orders", roles)
    at = clock()
    told = {"type": "track", "userId": "c-1", "timestamp": at.isoformat()}
    lines = [{"sku": "t-2"}, {"sku": "x", "name": "Mug", "category": "Home"}]
    sent = [
        {**told, "event": "Order Completed", "properties": {"products": lines}},
        {**told, "event": "Product Viewed", "properties": {"product_id": "t-1"}},
        {**told, "event": "Product Viewed", "properties": {"sku": "unknown"}},
    ]
    events.ingest(sent, source="api:shop", now=at)
    person = CustomerIdentity.objects.get(value="c-1").customer_id

    moments = timeline(portrait(person, now=at), [])

    said = " ".join(moment["text"] for moment in moments)
    assert "£20.50, Green tea (Tea), from import:orders" in said
    assert "Black tea (Tea), Mug (Home), from api:shop" in said
    assert "unknown, from api:shop" in said
    found = {each.key: each for each in interests(person, None, now=at)}
    assert (found["Tea"].n_viewed, found["Tea"].n_bought) == (1, 1)
    assert found["Home"].n_bought == 1


def test_the_command_reads_the_same_mapping(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "goods.csv").write_bytes(GOODS)
    given = {"sku": "sku", "price": "price", "currency": {"value": "GBP"}}
    (tmp_path / "mapping.json").write_text(json.dumps(given))

    call_command(
        "import_products",
        tmp_path / "goods.csv",
        mapping=tmp_path / "mapping.json",
    )

    assert standing("t-2")[2:4] == (300, "GBP")
    assert "row 3: price: 'dear' is no amount" in capsys.readouterr().out
