"""Pictures of the ten main pages of a running demo, for the README.

``python -m bench.screenshots [--demo var/demo.json] [--out docs/img] [NAME …]``
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

LOOKS = [
    (theme, size) for theme in ("light", "dark") for size in ((1440, 1000), (390, 844))
]
TALLEST = {1440: 1800, 390: 2400}
LARGEST = 250_000
PATIENCE_MS = 120_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class Demo:
    """A demo that runs: where it is and who may sign in."""

    url: str
    users: dict[str, dict[str, str]]
    api_key: str
    use_cases: list[str]

    @classmethod
    def read(cls, file: Path, url: str = "") -> Demo:
        said = json.loads(file.read_text())
        return cls(
            url=url or said["url"],
            users=said["users"],
            api_key=said["apiKey"],
            use_cases=said["useCases"],
        )

    def decide(self, user_id: str, placement: str) -> dict[str, Any]:
        answer = requests.post(
            f"{self.url}/api/v1/decisions",
            json={"customer": {"userId": user_id}, "placement": placement},
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=10,
        )
        answer.raise_for_status()
        return dict(answer.json())


Finder = Callable[[Page, Demo], str]


@dataclass(frozen=True)
class Picture:
    name: str
    role: str
    find: Finder


def fixed(path: str) -> Finder:
    return lambda _page, _demo: path


def first_link(listing: str, pattern: str, *, last: bool = False) -> Finder:
    """Where the first link of a list that fits the pattern leads."""

    def find(page: Page, demo: Demo) -> str:
        page.goto(f"{demo.url}{listing}")
        links = page.locator("main a").evaluate_all(
            "(all) => all.map((a) => a.getAttribute('href'))"
        )
        fitting = [href for href in links if re.fullmatch(pattern, href or "")]
        if not fitting:
            return listing
        return str(fitting[-1 if last else 0])

    return find


def customer_link(name: str) -> Finder:
    """What is linked beside something chosen for one customer."""
    return lambda _page, demo: _link(demo, name)


def _link(demo: Demo, name: str) -> str:
    for place in PLACEMENTS:
        for n in range(1, 40):
            answer = demo.decide(f"k-{n:05d}", place)
            if answer["mode"] == "personalised":
                return str(answer["links"][name])
    raise SystemExit("Nobody is personalised for: let the demo's history load first.")


PLACEMENTS = ("home.hero", "home.banner", "cart.next", "app.card")
KEY = r"[a-z0-9-]+"
SEGMENTS = rf"/segments/(?!new/){KEY}/"
PICTURES = (
    Picture("home", "marketing_owner", fixed("/")),
    Picture("usecase", "marketing_owner", fixed("/use-cases/{case}/")),
    Picture("segment", "analyst", first_link("/segments/", SEGMENTS, last=True)),
    Picture("offers", "marketing_owner", fixed("/offers/")),
    Picture("review", "privacy_reviewer", first_link("/reviews/", rf"/reviews/{KEY}/")),
    Picture("experiment", "analyst", fixed("/experiments/{case}/")),
    Picture(
        "inspector",
        "analyst",
        first_link("/decisions/?mode=personalised", r"/decisions/[0-9a-f-]{36}/"),
    ),
    Picture("scorecard", "executive", fixed("/scorecard/")),
    Picture("why", "", customer_link("why")),
    Picture("preferences", "", customer_link("preferences")),
)


def take(demo: Demo, out: Path, names: set[str]) -> Iterator[Path]:
    """Each page in both appearances and widths."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        for picture in PICTURES:
            if names and picture.name not in names:
                continue
            session = _session(browser, demo, picture.role)
            address = ""
            for theme, (width, height) in LOOKS:
                page = browser.new_context(
                    base_url=demo.url,
                    storage_state=session,
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if theme == "dark" else "light",
                    reduced_motion="reduce",
                    locale="en-GB",
                    timezone_id="Europe/London",
                ).new_page()
                page.set_default_timeout(PATIENCE_MS)
                address = address or _address(page, demo, picture)
                yield _shoot(page, address, out / f"{picture.name}-{theme}-{width}.png")
                page.context.close()
        browser.close()


def _chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if not found:
        raise SystemExit("No chromium on this machine: sudo apt-get install chromium")
    return found


def _session(browser: Browser, demo: Demo, role: str) -> StorageState | None:
    """What a browser keeps of a sign-in, for its other windows."""
    if not role:
        return None
    page = browser.new_page(base_url=demo.url)
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(demo.users[role]["username"])
    page.get_by_label("Password").fill(demo.users[role]["password"])
    page.get_by_role("button", name="Sign in").click()
    page.locator("#nav").wait_for(state="attached")
    kept = page.context.storage_state()
    page.context.close()
    return kept


def _address(page: Page, demo: Demo, picture: Picture) -> str:
    return picture.find(page, demo).replace("{case}", demo.use_cases[0])


def _shoot(page: Page, address: str, file: Path) -> Path:
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(600)  # charts draw after their script has loaded
    size = page.viewport_size or {"width": 0, "height": 0}
    tall = int(page.evaluate("() => document.documentElement.scrollHeight"))
    height = max(min(tall, TALLEST[size["width"]]), size["height"])
    page.set_viewport_size({"width": size["width"], "height": height})
    page.screenshot(path=file)
    if file.stat().st_size > LARGEST:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.screenshot(path=file)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these pages")
    parser.add_argument("--demo", type=Path, default=Path("var/demo.json"))
    parser.add_argument("--url", default="", help="where it runs, if not as written")
    parser.add_argument("--out", type=Path, default=Path("docs/img"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    demo = Demo.read(given.demo, given.url)
    for file in take(demo, given.out, set(given.names)):
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
