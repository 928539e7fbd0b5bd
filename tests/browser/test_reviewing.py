"""The reviewer's page: planted faults on top, one screen, one sheet of paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from governance.people.models import User
from tests.browser.conftest import session_of
from tests.browser.desk import Desk
from tests.factories.intake import REVIEW
from tests.factories.planted import (  # noqa: F401 - fixtures, found by name
    by_interest,
    planted,
    sms_place,
)

PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")


def sheets(desk: Desk) -> int:
    return len(PAGE.findall(desk.page.pdf(prefer_css_page_size=True)))


def test_planted_faults_stand_on_top_and_all_of_it_prints_on_one_sheet(
    sit: Callable[..., Desk],
    site: str,
    cast: dict[str, User],
    planted: Any,  # noqa: F811
) -> None:
    desk = sit(cookies=session_of(cast["priya"], site))
    desk.open(REVIEW)

    stops = desk.page.locator(".review__stops")
    expect(stops).to_contain_text("SMS to people who are not customers")
    expect(stops).to_contain_text("needs their consent")
    expect(stops).to_contain_text("stands in for age and is used to exclude people")
    box = stops.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 450
    assert sheets(desk) == 1
    assert desk.problems == []


def test_a_sound_review_fits_one_screen_and_one_sheet(
    sit: Callable[..., Desk], site: str, cast: dict[str, User], in_review: Any
) -> None:
    desk = sit(cookies=session_of(cast["priya"], site))
    desk.open(REVIEW)

    decide = desk.page.locator("#decide").bounding_box()
    assert decide is not None
    assert decide["y"] < 900
    assert sheets(desk) == 1
