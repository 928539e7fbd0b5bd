"""The words of the customer's choices: short, plain, and the same wherever they stand.

A yes is kept with these words in the language in which they were read.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

CHANNELS: Mapping[str, Words] = {
    "web": _("On our pages"),
    "email": _("E-mail"),
    "sms": _("Text message"),
    "app": _("In the app"),
    "push": _("App notice"),
}
SENT: frozenset[str] = frozenset({"email", "sms", "push"})
QUESTIONS: Mapping[str, tuple[Words, Words]] = {
    "personalise_onsite": (
        _("Pick what I see"),
        _("We choose what our pages show you first."),
    ),
    "recommendations": (_("Suggest things to me"), _("We suggest goods you may like.")),
    "direct_marketing": (
        _("Send me offers"),
        _("We write to you in the ways you left on."),
    ),
    "ads_sharing": (
        _("Share with ad firms"),
        _("We tell others, so they can show you ads."),
    ),
    "analytics": (_("Count my visits"), _("We count how our pages are used.")),
    "model_training": (
        _("Learn from what I did"),
        _("We learn from the past to choose well."),
    ),
}
PAUSES = (7, 30, 90)
FREQUENCIES = (0, 1, 2, 3, 5, 7)
USE_A_BUTTON = _("Use one of the buttons on the page.")
CHOOSE_DAYS = _("Choose 7, 30 or 90 days.")
CHOOSE_NUMBER = _("Choose one of the numbers on the page.")
SAY_WHAT = _("Write a few words on what went wrong, then send it.")
