from __future__ import annotations

from governance.catalogue.core import Catalogue, Element, Provenance
from governance.usecases.core import Customer, DataUse, Reach, UseCaseContent
from governance.usecases.core.calculus import privacy_calculus

KNOWN = Catalogue.of(
    Element(key="history", label="History"),
    Element(key="guess", label="Guess", provenance=Provenance.DERIVED),
)


def test_cost_is_counted_and_benefit_is_quoted():
    content = UseCaseContent(
        customer=Customer(task="Find it", effort_baseline=4.5, effort_unit="pages"),
        data_uses=tuple(DataUse(element=k) for k in ("history", "guess", "lost")),
        reach=Reach(max_contacts=2, window_days=28),
    )
    found = privacy_calculus(content, KNOWN, audience_size=1_200)
    costs, benefits = dict(found.costs), dict(found.benefits)

    assert costs["Personal items"] == "2"
    assert costs["Derived or guessed"] == "1"
    assert costs["Not in the data map"] == "1"
    assert costs["Contacts a week, at most"] == "0.5"
    assert costs["Customers reached"] == "1,200"
    assert benefits["Effort today"] == "4.5 pages"
    assert benefits["Known from"] == "not said yet"
