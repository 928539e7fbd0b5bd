from __future__ import annotations

from datetime import timedelta

from decisioning.customers.models import Customer
from decisioning.events.models import Event
from governance.installation.queries import now as clock
from governance.usecases.models import UseCase


def test_an_idea_says_what_is_missing_and_forecasts_nothing(clients, draft):
    shown = clients["mara"].get("/use-cases/backlog/").content.decode()

    assert UseCase.objects.get().name in shown
    # Forty of the shop's eighty are in the segment, and none was seen lately.
    assert "40 customers in the segment, 0 seen in four weeks" in shown
    assert "Missing: 100 more customers of the last four weeks." in shown


def test_the_page_of_a_use_case_shows_cost_beside_benefit(clients, draft):
    key = UseCase.objects.get().key
    shown = clients["mara"].get(f"/use-cases/{key}/").content.decode()

    assert "What it takes" in shown
    assert "4.5 pages until the first product" in shown
    assert "Smallest safe experiment in the next 30 days" in shown


def test_with_enough_customers_the_page_shows_worth_and_test_from_their_orders(
    clients, draft
):
    """1,000 seen, 100 of them bought for 20.00: a rate of 10 %, worth 20.00 each."""
    now = clock()
    made = Customer.objects.bulk_create(
        Customer(
            pseudonym=f"b-{n}",
            traits={"history": 150},
            created_at=now,
            last_seen_at=now - timedelta(days=1),
        )
        for n in range(1_000)
    )
    Event.objects.bulk_create(
        Event(
            customer_id=each.pk,
            type="track",
            name="Order Completed",
            occurred_at=now - timedelta(days=1),
            received_at=now,
            value_minor=2_000,
            source="test",
        )
        for each in made[:100]
    )
    shown = clients["mara"].get("/use-cases/backlog/").content.decode()

    assert "1,040 customers in the segment, 1,000 seen in four weeks" in shown
    assert "One is worth 20.00" in shown
    assert "10% reached (100 customers), 10% left alone (100), 28 days" in shown
    assert "None within 30 days sees 0.5 percentage points" in shown
