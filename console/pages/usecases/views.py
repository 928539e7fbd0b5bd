from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify

from console import board as boards
from console.pages.usecases import detailing, facts
from console.pages.usecases.forms import NewForm
from console.pages.usecases.intake import starting_content
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.catalogue.queries import catalogue
from governance.installation.queries import now as clock
from governance.types import Invalid
from governance.usecases import actions, queries
from governance.usecases.core import UseCaseContent
from governance.usecases.core.tests import TITLES


@requires(get=P.USE_CASES_READ)
def board(request: StaffRequest) -> HttpResponse:
    return _all(request, as_table=False)


@requires(get=P.USE_CASES_READ)
def table(request: StaffRequest) -> HttpResponse:
    return _all(request, as_table=True)


def _all(request: StaffRequest, *, as_table: bool) -> HttpResponse:
    now = clock()
    known = catalogue()
    cards = queries.board(now)
    shown = [boards.present(card, known, now) for card in cards]
    live = sum(card.is_serving for card in cards)
    context: dict[str, Any] = {
        "facts": f"{len(cards)} in all, {live} serving customers now." if cards else "",
        "sentence": "Each at its step of the learn loop, with its three tests.",
        "total": len(cards),
        "stages": boards.stages(cards, known, now),
        "apart": [c for c, card in zip(shown, cards, strict=True) if card.step is None],
        "rows": detailing.table_rows(shown) if as_table else None,
        "headings": detailing.TABLE_HEADINGS,
        "may_write": holds(request.actor, P.USE_CASES_WRITE_OWN),
        "new_url": reverse("usecases:new"),
        "tabs": [
            {
                "label": "Board",
                "url": reverse("usecases:board"),
                "current": not as_table,
            },
            {"label": "Table", "url": reverse("usecases:table"), "current": as_table},
            {"label": "Backlog", "url": reverse("usecases:backlog"), "current": False},
        ],
    }
    return render(request, "pages/usecases/board.html", context)


@requires(get=P.USE_CASES_WRITE_OWN, post=P.USE_CASES_WRITE_OWN)
def new(request: StaffRequest) -> HttpResponse:
    form = NewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            made = actions.create(
                by=request.actor,
                now=clock(),
                name=name,
                content=starting_content(
                    name, slugify(name), form.cleaned_data["template"]
                ),
            )
        except Invalid as error:
            for field, text in error.fields.items():
                form.add_error(field if field in form.fields else None, text)
        else:
            messages.success(request, "The draft is there. Answer what you know.")
            return redirect("usecases:edit", key=made.key)
    context = {
        "form": form,
        "questions": TITLES,
        "board_url": reverse("usecases:board"),
        "crumbs": [("Use cases", reverse("usecases:board"))],
    }
    status = 422 if form.errors else 200
    return render(request, "pages/usecases/new.html", context, status=status)


@requires(get=P.USE_CASES_READ)
def detail(request: StaffRequest, key: str) -> HttpResponse:
    now = clock()
    content = UseCaseContent.from_dict(queries.version(key).content)
    found = queries.detail(request.actor, key, now, facts.gather(key, now, content))
    return detailing.page(request, found, now)
