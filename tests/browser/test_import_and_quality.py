"""A file tried, taken, found wanting and taken back; what data quality says of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.http import urlencode
from playwright.sync_api import expect

from decisioning import tasks
from decisioning.events import actions as events
from decisioning.events.models import Event, Product
from decisioning.quality import actions as quality
from governance.installation.queries import now as clock
from tests.browser.desk import Desk
from tests.browser.test_every_page import faults

ROWS = "no,id,amount,at\n" + "".join(
    f"{i},c-{i},{-5 if i % 2 else 20},2026-03-01\n" for i in range(1, 81)
)
PICTURES = os.environ.get("ATTUNE_PICTURES", "")


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(tasks.run_import, "delay", tasks.run_import)


def look(desk: Desk, name: str) -> None:
    if PICTURES:
        desk.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_orders_are_tried_taken_judged_and_taken_back(
    desk_of: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = desk_of("anna")
    page = desk.page
    file = tmp_path / "orders.csv"
    file.write_text(ROWS + "81,c-81,many,2026-03-01\n")

    desk.open("/imports/new/")
    page.get_by_label("Orders: one row an order").check()
    page.get_by_label("Which file?").set_input_files(file)
    desk.press("Look at the file")
    expect(page.get_by_role("heading", name="orders.csv")).to_be_visible()
    look(desk, "import-file")
    page.get_by_label("Keep this choice for the next file as").fill("Till")
    desk.press("Try it: change nothing")
    expect(
        page.get_by_text("Nothing was changed. 80 rows would be taken")
    ).to_be_visible()
    assert not Event.objects.exists()

    page.get_by_role("link", name="See the result").click()
    expect(page.get_by_text("as in the trial")).to_be_visible()
    desk.press("Start the import")
    expect(
        page.get_by_text("80 rows taken, 80 events new. 1 rows were left")
    ).to_be_visible()

    at = clock()
    quality.roll_up(now=at, settles_after=timedelta())
    quality.watch(now=at)
    desk.open("/data-quality/")
    expect(page.get_by_text("Impossible values: Order Completed from")).to_be_visible()
    desk.press("I look after it")
    expect(page.get_by_role("cell", name=re.compile("^Anna"))).to_be_visible()
    look(desk, "quality")

    desk.open("/imports/")
    look(desk, "imports")
    desk.press("Undo")
    expect(page.get_by_role("dialog", name="Take this import back?")).to_be_visible()
    desk.press("Take it back")
    expect(page.get_by_text("80 events removed")).to_be_visible()
    assert not Event.objects.exists()


def test_products_are_taken_in_and_taken_back(
    desk_of: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = desk_of("anna")
    page = desk.page
    file = tmp_path / "products.csv"
    file.write_text(
        "sku,name,category,price,stock\nt-1,Green tea,Tea,4.50,12\n"
        "t-2,Black tea,Tea,3,0\nc-1,Cake,Baking,dear,1\n"
    )

    desk.open("/imports/new/")
    page.get_by_label("Products that are sold: one row a product").check()
    page.get_by_label("Which file?").set_input_files(file)
    desk.press("Look at the file")
    expect(page.get_by_role("heading", name="products.csv")).to_be_visible()
    page.get_by_label("Which currency are the prices in?").fill("GBP")
    look(desk, "products-file")
    desk.press("Try it: change nothing")
    expect(
        page.get_by_text("Nothing was changed. 2 rows would be taken")
    ).to_be_visible()
    assert not Product.objects.exists()

    page.get_by_role("link", name="See the result").click()
    desk.press("Start the import")
    expect(page.get_by_text("2 rows taken, 2 products new or changed.")).to_be_visible()
    look(desk, "products-job")
    desk.open("/imports/")
    desk.press("Undo")
    expect(page.get_by_role("dialog", name="Take this import back?")).to_be_visible()
    look(desk, "products-undo")
    desk.press("Take it back")
    expect(
        page.get_by_text("0 products as before the file, 2 removed.")
    ).to_be_visible()
    assert not Product.objects.exists()


def test_the_pages_of_data_quality_have_no_barrier(
    desk_of: Callable[..., Desk],
) -> None:
    at = clock()
    for back in range(3):
        events.ingest(
            [
                {
                    "type": "track",
                    "event": "Order Completed",
                    "userId": f"c-{i}",
                    "properties": {"revenue": 20 - 25 * (i % 9 == 0), "orderId": i},
                }
                for i in range(60 + 9 * back)
            ],
            source="api:shop",
            now=at - timedelta(days=back),
        )
    quality.roll_up(now=at, settles_after=timedelta())
    quality.watch(now=at)
    desk = desk_of("anna")
    query = urlencode({"source": "api:shop", "name": "Order Completed"})

    found = [
        fault
        for path in ("/data-quality/", f"/data-quality/signal/?{query}")
        for fault in faults(desk, path)
    ]

    look(desk, "signal")
    assert found == []
