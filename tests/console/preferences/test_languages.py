"""Customers' pages speak the person's language, whole; nothing is left in English."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from decisioning.engine.links import (
    make_preferences_token,
    make_unsubscribe_token,
)
from governance.consent import queries
from governance.consent.models import Notice
from governance.installation.queries import now as clock
from tests.factories import configuration as make

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "locale/de/LC_MESSAGES"
TEMPLATES = [
    ROOT / "templates/base/customer.html",
    *(ROOT / "templates/customer").glob("*.html"),
    *(ROOT / "templates/pages/preferences").glob("*.html"),
    *(ROOT / "templates/pages/why").glob("*.html"),
]
MODULES = [
    *(ROOT / "console/pages/preferences").glob("*.py"),
    *(ROOT / "console/pages/why").glob("*.py"),
]
CALLS = {"_", "gettext", "gettext_lazy", "ngettext"}
TRANSLATED = re.compile(r'{% translate "((?:[^"\\]|\\.)*)"')
BLOCK = re.compile(r"{% blocktranslate.*?%}(.*?){% endblocktranslate %}", re.DOTALL)
LITERAL = re.compile(r'\b(?:label|title|aria-label|placeholder|alt)="([^"{]*[A-Za-z])')


def po_entries(path):
    """Message to translations, from the catalogue's plain form."""
    entries = {}
    for block in path.read_text().split("\n\n"):
        field, found = "", {}
        for line in block.splitlines():
            if line.startswith("#"):
                found.setdefault("notes", []).append(line)
                continue
            name, _, rest = line.partition(" ")
            if not line.startswith('"'):
                field, line = name, rest
            found[field] = found.get(field, "") + ast.literal_eval(line)
        told = [value for name, value in found.items() if name.startswith("msgstr")]
        if found.get("msgid"):
            entries[found["msgid"]] = (found, told)
    return entries


def messages():
    """Every text that the customers' templates and modules ask to be translated."""
    found = set()
    for path in TEMPLATES:
        text = path.read_text()
        found |= set(TRANSLATED.findall(text))
        found |= {
            re.sub(r"{{ (\w+) }}", r"%(\1)s", block) for block in BLOCK.findall(text)
        }
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS:
                found |= {
                    arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)
                }
    return found


def test_every_text_of_a_customers_page_is_translated():
    known = po_entries(CATALOGUE / "django.po")

    assert sorted(messages() - set(known)) == []
    assert len(known) > 100


def test_no_translation_is_empty_guessed_or_loses_a_value():
    for message, (found, told) in po_entries(CATALOGUE / "django.po").items():
        assert all(told), message
        assert "#, fuzzy" not in found.get("notes", []), message
        for text in told:
            named = set(re.findall(r"%\((\w+)\)s", text))
            assert named <= set(re.findall(r"%\((\w+)\)s", str(found))), message


def test_no_message_is_translated_for_nobody():
    assert sorted(set(po_entries(CATALOGUE / "django.po")) - messages()) == []


def test_the_compiled_catalogue_is_the_plain_one():
    """Changed the .po? Run msgfmt once; nothing needs it at run time."""
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    entries = po_entries(CATALOGUE / "django.po")
    wanted = {}
    for message, (found, told) in entries.items():
        key = f"{found['msgctxt']}\x04{message}" if "msgctxt" in found else message
        plural = found.get("msgid_plural")
        for n, text in enumerate(told):
            wanted[(key, n) if plural else key] = text

    held = {key: value for key, value in compiled._catalog.items() if key}

    assert held == wanted


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_word_stands_in_a_template_outside_its_translation(path):
    text = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL)
    literals = [word for word in LITERAL.findall(text) if "{" not in word]
    bare = BLOCK.sub("", text.replace("body_class %}customer{%", "body_class %}{%"))
    bare = re.sub(r"{%.*?%}|{{.*?}}", "", bare, flags=re.DOTALL)
    bare = re.sub(r"<[^>]*>", " ", bare)

    assert literals == []
    assert re.findall(r"[A-Za-z]+", bare) == []


@pytest.fixture
def person(db):
    return make.customers([{"favouriteCategory": "flour"}], now=clock())[0]


def speak(person, locale):
    person.locale = locale
    person.save()


def page_of(person, **headers):
    client = Client(headers=headers)
    return client.get(f"/preferences/{make_preferences_token(person.pk)}")


@pytest.mark.parametrize(
    ("locale", "accepts", "speaks"),
    [
        ("", "", "en-gb"),
        ("", "de-AT,de;q=0.9,en;q=0.5", "de"),
        ("de-DE", "en-GB", "de"),
        ("de_CH", "", "de"),
        ("en-US", "de", "en-gb"),
        ("fr-FR", "de", "de"),
        ("", "fr", "en-gb"),
        ("x" * 20, "", "en-gb"),
    ],
)
def test_the_persons_own_language_comes_before_the_browsers(
    person, locale, accepts, speaks
):
    speak(person, locale)

    answer = page_of(person, **({"Accept-Language": accepts} if accepts else {}))

    assert f'<html lang="{speaks}"' in answer.content.decode()
    assert answer["Content-Language"] == speaks


def test_the_german_page_holds_no_english_sentence(person):
    speak(person, "de")
    english = {m for m in messages() if "%(" not in m and len(m.split()) > 1}
    pages = [
        page_of(person),
        Client().get(f"/preferences/{make_preferences_token(person.pk)}/erasure"),
        Client().get(f"/unsubscribe/{make_unsubscribe_token(person.pk)}"),
    ]

    for answer in pages:
        text = answer.content.decode()
        assert [message for message in english if f">{message}<" in text] == []
    assert "Was wir dürfen" in pages[0].content.decode()


def test_the_language_of_one_page_is_not_that_of_the_next(person):
    speak(person, "de")
    page_of(person)

    assert translation.get_language() == settings.LANGUAGE_CODE
    assert "Sign in" in Client().get("/accounts/login/").content.decode()


def test_a_yes_is_kept_in_the_words_that_were_read(person):
    speak(person, "de")
    url = f"/preferences/{make_preferences_token(person.pk)}"

    Client().post(url, {"purpose": "direct_marketing:yes"})

    proof = queries.proof(person.pk)[0]
    assert proof.text.startswith("Mir Angebote schicken. ")
    assert Notice.objects.get().locale == "de"
    Client().post(url, {"purpose": "direct_marketing:yes"})
    assert Notice.objects.count() == 1
