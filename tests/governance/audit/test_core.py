from dataclasses import replace

import pytest

from governance.audit.core import GENESIS, Link, entry_hash, verify


def chain(n=5):
    links, prev = [], GENESIS
    for seq in range(1, n + 1):
        row = {"type": "offer.retired", "subject_id": str(seq)}
        links.append(Link(seq, prev, entry_hash(prev, row), row))
        prev = links[-1].hash
    return links


def test_an_untouched_chain_holds_whatever_order_its_fields_come_in():
    found = verify(chain())
    assert found.is_intact
    assert (found.n_checked, found.head) == (5, chain()[-1].hash)
    assert entry_hash("a", {"x": 1, "y": 2}) == entry_hash("a", {"y": 2, "x": 1})


def test_a_part_can_be_checked_from_a_known_place():
    links = chain()
    assert verify(links[2:], prev=links[1].hash, first_seq=3).is_intact


@pytest.mark.parametrize(
    ("seq", "change", "code"),
    [
        (3, {"row": {"type": "other"}}, "audit.altered"),
        (3, {"hash": "f" * 64}, "audit.altered"),
        (3, {"prev_hash": "f" * 64}, "audit.unlinked"),
        (3, {"seq": 9}, "audit.gap"),
    ],
)
def test_the_first_broken_place_is_named(seq, change, code):
    links = chain()
    links[seq - 1] = replace(links[seq - 1], **change)
    broken = verify(links).broken
    assert (broken.seq, broken.code) == (seq, code)


def test_a_forged_entry_with_a_fitting_seal_breaks_the_next_one():
    links = chain()
    forged = {"type": "forged"}
    links[2] = replace(
        links[2], row=forged, hash=entry_hash(links[2].prev_hash, forged)
    )
    assert verify(links).broken.code == "audit.unlinked"
    assert verify(links).broken.seq == 4


def test_a_missing_entry_and_a_missing_end_are_seen():
    links = chain()
    assert verify(links[:1] + links[2:]).broken.code == "audit.gap"
    head = links[-1].hash
    assert verify(links, expected_head=head).is_intact
    assert verify(links[:4], expected_head=head).broken.code == "audit.tail_missing"
