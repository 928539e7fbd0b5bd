"""Components that wrap content, icons, and the small things templates cannot say."""

import functools
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from lucide import _render_icon as draw_icon

register = template.Library()

TONE_ICONS = {
    "positive": "check",
    "negative": "x",
    "caution": "triangle-alert",
    "info": "info",
}
STATE_ICONS = {
    "ok": "check",
    "passes": "check",
    "past": "check",
    "signed": "check",
    "fail": "x",
    "fails": "x",
    "void": "x",
    "warn": "triangle-alert",
    "ends_soon": "triangle-alert",
    "changes": "triangle-alert",
    "not_yet": "minus",
    "skipped": "minus",
    "waiting": "clock",
    "info": "info",
}
STATE_TONES = {
    "ok": "positive",
    "passes": "positive",
    "fail": "negative",
    "fails": "negative",
    "warn": "caution",
    "not_yet": "caution",
    "info": "info",
}


@functools.lru_cache(maxsize=256)
def svg_icon(name: str, classes: str) -> SafeString:
    attributes = {"class": f"icon {classes}".strip(), "aria-hidden": "true"}
    return mark_safe(draw_icon(name, 16, **attributes))  # noqa: S308 - our own icon files


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    return svg_icon(str(name), str(classes))


@register.simple_tag
def state_icon(state: str) -> SafeString:
    """Draw the symbol of a check's state in its tone."""
    tone = STATE_TONES.get(state, "")
    return svg_icon(
        STATE_ICONS.get(state, "minus"), f"tone-{tone}" if tone else "muted"
    )


@register.filter
def tone_icon(tone: str) -> str:
    return TONE_ICONS.get(tone or "", "circle-question-mark")


@register.filter
def state_symbol(state: str) -> str:
    return STATE_ICONS.get(state or "", "minus")


@register.filter
def test_tone(state: str) -> str:
    return STATE_TONES.get(state or "", "")


@register.simple_tag
def unique_id(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(4)}"


@register.simple_tag
def chart_data(figure: Mapping[str, Any], element_id: str) -> SafeString:
    return json_script(figure, element_id)


@functools.lru_cache(maxsize=1)
def _modules() -> tuple[str, ...]:
    root = Path(settings.BASE_DIR) / "static"
    return tuple(
        sorted(str(path.relative_to(root)) for path in (root / "js").rglob("*.js"))
    )


@register.simple_tag
def import_map() -> SafeString:
    """List every module under its bare name, ``attune/elements/chart``."""
    rows = [
        f'"attune/{name.removeprefix("js/").removesuffix(".js")}": "{static(name)}"'
        for name in _modules()
    ]
    return mark_safe('{"imports": {' + ", ".join(rows) + "}}")  # noqa: S308 - our own file names


def trimmed(content: str) -> SafeString:
    """Drop the space around a rendered block, which is safe already."""
    return mark_safe(content.strip())  # noqa: S308 - rendered by the template engine


def _wrap(context: Context, name: str, **values: object) -> str:
    engine = context.template.engine  # type: ignore[union-attr]
    return engine.get_template(f"components/{name}.html").render(context.new(values))


@register.simple_block_tag(takes_context=True)
def card(
    context: Context,
    content: str,
    title: str = "",
    aside: str = "",
    count: str | int = "",
    number: str | int = "",
    foot: str = "",
    classes: str = "",
    element_id: str = "",
    question: bool = False,
) -> str:
    return _wrap(
        context,
        "card",
        content=content,
        title=title,
        aside=aside,
        count=count,
        number=number,
        foot=foot,
        classes=classes,
        element_id=element_id,
        question=question,
    )


@register.simple_block_tag(takes_context=True)
def note(context: Context, content: str, tone: str = "info", title: str = "") -> str:
    return _wrap(context, "note", content=content, tone=tone, title=title)


@register.simple_block_tag(takes_context=True)
def page_head(
    context: Context,
    content: str,
    title: str,
    facts: str = "",
    crumbs: object = (),
    here: str = "",
) -> str:
    """Open a page; ``crumbs`` are (label, url), the block holds the buttons."""
    return _wrap(
        context,
        "page_head",
        content=trimmed(content),
        title=title,
        facts=facts,
        crumbs=crumbs,
        here=here,
    )


@register.simple_block_tag(takes_context=True)
def verdict(
    context: Context,
    content: str,
    sentence: str,
    pill: str = "",
    tone: str = "",
    rule: str = "",
) -> str:
    return _wrap(
        context,
        "verdict",
        content=trimmed(content),
        sentence=sentence,
        pill=pill,
        tone=tone,
        rule=rule,
    )


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Context,
    content: str,
    element_id: str,
    title: str,
    action: str,
    verb: str,
    keep: str = "Keep as it is",
    kind: str = "primary",
    in_place: bool = False,
) -> str:
    """Ask before a point of no easy return; the block says the consequence."""
    return _wrap(
        context,
        "dialog",
        content=content,
        element_id=element_id,
        title=title,
        action=action,
        verb=verb,
        keep=keep,
        kind=kind,
        in_place=in_place,
        csrf_token=context.get("csrf_token"),
    )


@register.simple_tag
def series_dot(index: int = 0, shape: str = "circle") -> SafeString:
    mark = (
        '<rect width="8" height="8" rx="2"/>'
        if shape == "square"
        else '<circle cx="4" cy="4" r="4"/>'
    )
    return format_html(
        '<svg class="series__dot series-{}" viewBox="0 0 8 8" aria-hidden="true">'
        "{}</svg>",
        index,
        mark_safe(mark),  # noqa: S308 - one of two constants above
    )
