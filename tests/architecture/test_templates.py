"""The look holds together: tokens, contrast, a whole gallery, sound templates."""

import json
import math
import re
from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import get_template
from django.test import RequestFactory

from console.pages.styleguide import views

ROOT = Path(__file__).parents[2]
CSS = sorted((ROOT / "static/css").rglob("*.css"))
COMPONENTS = sorted((ROOT / "templates/components").glob("*.html"))
TEMPLATES = sorted(
    str(path.relative_to(ROOT / "templates"))
    for path in (ROOT / "templates").rglob("*.html")
)
TOKENS = (ROOT / "static/css/tokens.css").read_text()
OKLCH = re.compile(r"--([\w-]+): light-dark\(oklch\(([^)/]+)\), oklch\(([^)/]+)\)\);")
TONES = {"green": 3, "red": 3, "amber": 3}


def relative_luminance(oklch: str) -> float:
    """WCAG luminance of an OKLCH colour (Ottosson 2020, OKLab to linear sRGB)."""
    lightness, chroma, hue = (float(part) for part in oklch.split())
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(max(part, 0), 1) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dim = sorted(
        (relative_luminance(one), relative_luminance(other)), reverse=True
    )
    return (bright + 0.05) / (dim + 0.05)


def palette(theme: str) -> dict[str, str]:
    place = {"light": 1, "dark": 2}[theme]
    return {match[0]: match[place] for match in OKLCH.findall(TOKENS)}


def text_pairs() -> list[tuple[str, str]]:
    texts = [
        "neutral-5",
        "neutral-6",
        "neutral-7",
        "accent-3",
        "green-3",
        "red-3",
        "amber-3",
    ]
    grounds = ["neutral-0", "neutral-1", "neutral-2"]
    pairs = [(text, ground) for text in texts for ground in grounds]
    pairs += [(f"{tone}-3", f"{tone}-1") for tone in TONES]
    pairs += [("neutral-7", f"{tone}-1") for tone in TONES]
    return [
        *pairs,
        ("accent-4", "accent-1"),
        ("neutral-7", "accent-1"),
        ("on-solid", "accent-3"),
        ("on-solid", "accent-4"),
    ]


def mark_pairs() -> list[tuple[str, str]]:
    marks = [f"series-{place}" for place in range(8)]
    marks += ["neutral-4", "accent-3"]
    return [(mark, "neutral-0") for mark in marks]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("pair", text_pairs(), ids=" on ".join)
def test_text_is_readable(theme, pair):
    colors = palette(theme)

    assert contrast(colors[pair[0]], colors[pair[1]]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("pair", mark_pairs(), ids=" on ".join)
def test_marks_and_borders_are_visible(theme, pair):
    colors = palette(theme)

    assert contrast(colors[pair[0]], colors[pair[1]]) >= 3


def test_contrast_agrees_with_the_known_ends():
    assert contrast("1 0 0", "0 0 0") == pytest.approx(21, abs=0.01)


@pytest.mark.parametrize(
    "path",
    [path for path in CSS if path.name != "tokens.css"],
    ids=lambda path: path.name,
)
def test_colours_come_from_tokens(path):
    found = re.findall(
        r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab)\(", path.read_text()
    )

    assert found == []


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_every_custom_colour_is_defined(path):
    defined = set(re.findall(r"--([\w-]+):", TOKENS))
    used = set(
        re.findall(
            r"var\(--((?:color|space|text|line|z|motion)-[\w-]+)\)", path.read_text()
        )
    )

    assert used <= defined


def test_every_stylesheet_is_imported():
    imported = set(
        re.findall(r'@import "([^"]+)"', (ROOT / "static/css/app.css").read_text())
    )
    present = {str(path.relative_to(ROOT / "static/css")) for path in CSS} - {"app.css"}

    assert present - {path for path in present if path.startswith("pages/")} == imported


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_compile(name):
    assert get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_carry_no_inline_style_or_script(name):
    text = (ROOT / "templates" / name).read_text()

    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son[a-z]+=\"", text)
    assert not re.search(r"<script(?![^>]*(?:src=|importmap))[^>]*>", text)


@pytest.fixture(scope="module")
def gallery(django_db_setup, django_db_blocker) -> tuple[str, set[str]]:
    """Render the gallery for nobody in particular and note each template it used."""
    used: set[str] = set()
    engine = engines["django"].engine
    find = engine.find_template

    def noting(name, *args, **kwargs):
        used.add(name)
        return find(name, *args, **kwargs)

    engine.find_template = noting
    for loader in engine.template_loaders:
        loader.reset()
    try:
        with django_db_blocker.unblock():
            response = views.gallery.__wrapped__(RequestFactory().get("/styleguide/"))
    finally:
        del engine.find_template
    return response.content.decode(), used


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_every_component_is_in_the_gallery(gallery, path):
    _, used = gallery

    assert f"components/{path.name}" in used


def test_the_gallery_never_prints_a_missing_value(gallery):
    html, _ = gallery
    words = re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL)

    assert not re.search(
        r"\bNone\b(?! here|, because)|\bnan\b|\{\{|\{%|&lt;(?!10)", words
    )


def test_the_gallery_has_one_title_and_unique_ids(gallery):
    html, _ = gallery
    ids = re.findall(r'\sid="([^"]+)"', html)

    assert html.count("<h1") == 1
    assert sorted(ids) == sorted(set(ids))


def test_the_import_map_names_every_module(gallery):
    html, _ = gallery
    body = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', html, re.DOTALL)
    modules = json.loads(body[1])["imports"]

    for path in (ROOT / "static/js").rglob("*.js"):
        assert (
            f"attune/{path.relative_to(ROOT / 'static/js').with_suffix('')}" in modules
        )


def test_modules_import_bare_names_that_exist():
    for path in (ROOT / "static/js").rglob("*.js"):
        for name in re.findall(r'(?:from|import) "([^"]+)"', path.read_text()):
            assert name.startswith("attune/"), f"{path.name} imports {name}"
            assert (ROOT / "static/js" / f"{name.removeprefix('attune/')}.js").exists()


def test_the_page_for_our_own_failure_needs_no_database():
    assert "We could not show this page" in get_template("errors/500.html").render({})
