"""Every main page: axe, the narrow screen, the content policy and the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from axe_playwright_python.sync_playwright import Axe

from decisioning.customers.models import CustomerIdentity
from decisioning.engine.links import make_preferences_token
from governance.people.models import User
from tests.browser.conftest import session_of
from tests.browser.desk import NARROW, WIDE, Desk
from tests.browser.world import World

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": RULES},
    "resultTypes": ["violations"],
    "preload": False,
}
LOOKS = list(product((WIDE, NARROW), ("light", "dark")))
MARA = ("/", "/use-cases/new/", "/segments/new/", "/offers/new/")
OLGA = (
    "/",
    "/use-cases/",
    "/use-cases/table/",
    "{case}",
    "{case}edit/",
    "/segments/",
    "/segments/good-buyers/",
    "/segments/good-buyers/members/",
    "/segments/good-buyers/audiences/",
    "/segments/look-alike/",
    "/offers/",
    "/offers/catalogue/",
    "/offers/placements/",
    "/offers/placements/email.weekly/",
    "/caps/",
    "/caps/three-a-week/",
    "/caps/budgets/new/",
    "/reviews/",
    "/experiments/",
    "/experiments/bring-back-recent-buyers/",
    "/decisions/",
    "{decision}",
    "/scorecard/",
    "/scorecard/bring-back-recent-buyers/",
    "/search/?q=buyers",
    "/jobs/",
    "/complaints/",
)
PAGES = {
    "mara": MARA,
    "olga": OLGA,
    "anna": ("/scores/", "/imports/", "/imports/new/"),
    "priya": (
        "{review}",
        "/assessments/",
        "/assessments/bring-back-recent-buyers/",
        "/assessments/bring-back-recent-buyers/dpia/",
        "/assessments/bring-back-recent-buyers/dpia/?step=risks",
        "/assessments/sheets/element/recency/",
        "/hearings/",
        "/data-map/",
        "/customers/",
    ),
    "aud": ("/audit/",),
    "ada": ("/people/", "/keys/", "/keys/new/"),
}
MISSING = "/nowhere/"
OPEN = ("/accounts/login/", "{why}", "{preferences}", MISSING)


def faults(desk: Desk, path: str) -> Iterator[str]:
    answer = desk.open(path)
    assert answer is not None
    if answer.status >= 400 and path != MISSING:
        yield f"{path}: answered {answer.status}"
    if "None" in desk.page.locator("main").inner_text().split():
        yield f"{path}: reads “None”"
    heard = len(desk.problems)
    for size, theme in LOOKS:
        desk.look(size, theme)
        look = f"{path} at {size[0]}, {theme}"
        for found in Axe().run(desk.page, options=OPTIONS).response["violations"]:
            nodes = "; ".join(str(node["target"]) for node in found["nodes"][:3])
            yield f"{look}: {found['id']}: {found['help']} at {nodes}"
        del desk.problems[heard:]  # axe itself writes styles that the policy refuses
        if size == NARROW and (over := desk.overflow()) > 0:
            yield f"{look}: {over} px wider than the screen"


def test_no_page_has_a_barrier_wide_or_narrow_light_or_dark(
    sit: Callable[..., Desk], site: str, cast: dict[str, User], world: World
) -> None:
    person = CustomerIdentity.objects.get(value="v-0").customer_id
    assert person is not None
    places = {
        "case": world.case_url,
        "review": world.review_url,
        "decision": world.decision_url,
        "why": world.decision["links"]["why"],
        "preferences": f"/preferences/{make_preferences_token(person)}",
    }
    found: list[str] = []
    for name, paths in {**PAGES, "": OPEN}.items():
        desk = sit(cookies=session_of(cast[name], site) if name else None)
        for path in paths:
            found += faults(desk, path.format(**places))
    assert found == []
