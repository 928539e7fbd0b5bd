import hashlib
import json
from pathlib import Path

import pytest

from governance.lints.core import (
    EXECUTIVE_SCORE,
    Facts,
    SignalUse,
    blockers,
    creepy,
    dark_patterns,
    grade,
    score,
    wording,
)
from governance.lints.core.reading import n_sentences, n_syllables

EXAMPLES = Path(__file__).parent / "examples"
LOCKED = "7282d0105e3689354889242ee98ba888f3ca9c53ea43534ef49cf8f795f1dd05"


def labelled(name):
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def codes(findings):
    return {finding.code for finding in blockers(findings)}


def test_the_locked_examples_are_the_ones_that_were_labelled():
    raw = (EXAMPLES / "locked.json").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == LOCKED


@pytest.mark.parametrize("name", ["open", "locked"])
def test_every_fair_sentence_passes_and_every_foul_one_is_blocked(name):
    wrong = [
        s for s, labels in labelled(name) if bool(codes(wording(s))) != bool(labels)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["open", "locked"])
def test_the_labelled_faults_are_found(name):
    pairs = [(s, c) for s, labels in labelled(name) for c in labels]
    found = [c in codes(wording(s)) for s, c in pairs]
    assert sum(found) / len(found) >= 0.9


@pytest.mark.parametrize(
    ("sentence", "low", "high"),
    [
        ("You're seeing running shoes because you told us you like running.", 3.5, 5.0),
        ("You're seeing it because you bought dog food from us last month.", 2.0, 5.0),
        ("Recommended for you based on your activity.", 7.5, 12.0),
        ("", 0.0, 0.0),
    ],
)
def test_the_reading_grade_is_near_the_published_figures(sentence, low, high):
    assert low <= grade(sentence) <= high


def test_words_and_sentences_are_counted_as_spoken():
    assert [n_syllables(w) for w in ("cat", "like", "looked", "30")] == [1, 1, 1, 2]
    assert (n_sentences("One. Two"), n_sentences("One."), n_sentences("")) == (2, 1, 1)


def test_a_sentence_of_more_than_twenty_words_is_blocked():
    long = "You're seeing hats because you bought a hat " + "and a hat " * 5
    assert "W1" in codes(wording(long))


def test_the_fallback_has_to_say_that_no_personal_data_was_used():
    said = "You're seeing our best. We did not use your personal data to choose them."
    assert codes(wording(said, fallback=True)) == set()
    assert codes(wording("You're seeing our best.", fallback=True)) == {"W3"}


def test_a_control_has_to_stand_beside_the_sentence():
    said = "You're seeing hats because you bought a hat."
    assert codes(wording(said, controls=["turn_off"])) == set()
    assert codes(wording(said, controls=[])) == {"W8"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("No, I don't like saving", "D-07"),
        ("Don't untick if you do not want to opt out", "D-08"),
        ("Hurry, only 2 left", "D-14"),
    ],
)
def test_copy_that_pushes_or_misleads_is_blocked(text, code):
    assert code in codes(dark_patterns(text))


def test_fair_copy_and_a_real_deadline_pass():
    assert dark_patterns("No, thank you") == ()
    assert dark_patterns("Last chance: ends on Sunday", has_real_deadline=True) == ()


def use(**changes):
    return SignalUse(**{"key": "k", "label": "K", "role": "ranking", **changes})


@pytest.mark.parametrize(
    ("facts", "code", "blocks"),
    [
        (Facts(uses=(use(is_sensitive=True),)), "L-01", True),
        (Facts(references=("Pregnancy",)), "L-01", True),
        (Facts(uses=(use(role="exclusion", proxy_for=("age", "sex")),)), "L-02", True),
        (
            Facts(
                uses=(
                    use(
                        role="content_slot",
                        granularity="exact",
                        source_type="behavioural",
                    ),
                )
            ),
            "L-03",
            True,
        ),
        (Facts(audience_size=9), "L-06", True),
        (Facts(audience_size=10), "L-06", False),
        (Facts(uses=tuple(use(source_type=s) for s in "abcd")), "L-08", False),
        (Facts(price_varies=True), "L-09", True),
    ],
)
def test_what_feels_intrusive_is_named(facts, code, blocks):
    (finding,) = creepy(facts)
    assert (finding.code, finding.blocks) == (code, blocks)


def test_an_ordinary_configuration_raises_nothing():
    fine = Facts(
        uses=(use(), use(proxy_for=("age",))),
        audience_size=50,
        price_varies=True,
        has_price_label=True,
    )
    assert creepy(fine) == ()


def test_the_score_counts_each_code_and_says_why():
    warned = creepy(Facts(audience_size=20, reminders=3, rule_fields=("trait.zip",)))
    blocked = creepy(Facts(references=("Debt help", "Gambling"), audience_size=5))

    assert score(warned)[0] == 45
    points, why = score(blocked)
    assert points == 30 + 5 + 30 >= EXECUTIVE_SCORE
    assert why[0].startswith("35 for L-01")
    assert score(()) == (0, ())
    assert score(creepy(Facts(references=("Debt",) * 40)))[0] == 100
