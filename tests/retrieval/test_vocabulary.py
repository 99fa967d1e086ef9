from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.text import vocabulary
from retrieval.text.vocabulary import Vocabulary, encoded, spelled, union

# Neighbours in the order of UTF-8 and of code points, half a surrogate pair and zero among them;
# short enough for an integer, and too long.
TERMS = st.sets(st.text(st.sampled_from("a\x00\x7f\x80乙甲\ud83d\uffff𠮷"), min_size=1, max_size=4))
MANY = st.integers(0, 300).map(lambda count: {f"词{number}" for number in range(count)})


@given(TERMS | MANY, TERMS, st.sampled_from([(64, 4096), (2, 4), (3, 3)]))
def test_a_term_has_its_place_in_the_order_for_number(
    terms: set[str], others: set[str], strides: tuple[int, int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "_STRIDE", strides[0])
        patch.setattr(vocabulary, "_STRETCH", strides[1])
        _has_places_in_order(terms, others)


def _has_places_in_order(terms: set[str], others: set[str]) -> None:
    made = Vocabulary.of(terms)
    assert list(made) == sorted(terms)
    assert [made[term] for term in sorted(terms)] == list(range(len(terms)))
    for term in others:
        assert (term in made) == (term in terms)
        assert made.get(term, -7) == (made[term] if term in terms else -7)
    ordered = [encoded(term) for term in sorted(terms)]
    assert [made.term(number) for number in range(len(terms))] == ordered
    assert made.numbers(ordered).tolist() == list(range(len(terms)))
    assert "" not in made
    assert len(made) == len(terms)


@given(st.lists(st.tuples(TERMS | MANY, TERMS), min_size=1, max_size=4), st.data())
def test_a_union_has_the_used_terms_and_the_way_to_each(
    rows: list[tuple[set[str], set[str]]], data: st.DataObject
) -> None:
    parts = [Vocabulary.of(one | other) for one, other in rows]
    unused = [
        data.draw(st.sets(st.sampled_from(sorted(p)), max_size=3)) if p else set() for p in parts
    ]
    used = [
        np.array([term not in without for term in part], np.bool_)
        for part, without in zip(parts, unused, strict=True)
    ]
    expected = sorted({t for p, u in zip(parts, unused, strict=True) for t in p if t not in u})
    largest = max(range(len(parts)), key=lambda number: len(parts[number]))
    made = [union(parts, used), vocabulary._sorted(parts, used)]
    if parts[largest]:
        made.append(vocabulary._inserted(parts, used, largest))
    for whole, ways in made:
        assert list(whole) == expected
        for part, mask, way in zip(parts, used, ways, strict=True):
            assert [whole[t] for t, m in zip(part, mask, strict=True) if m] == way[mask].tolist()
            assert (np.diff(way) >= 0).all()


@given(TERMS, TERMS, st.data())
def test_terms_and_pairs_of_pieces_are_numbered_together(
    terms: set[str], pieces: set[str], data: st.DataObject
) -> None:
    one = st.integers(0, len(pieces) - 1)
    pairs = data.draw(st.lists(st.tuples(one, one), max_size=9)) if pieces else []
    firsts, seconds = np.array(pairs, np.int64).reshape(-1, 2).T
    known = list(pieces)
    made, of_terms, of_pairs = spelled(
        [encoded(term) for term in terms], [encoded(piece) for piece in known], firsts, seconds
    )
    joined = [known[first] + known[second] for first, second in pairs]
    expected = Vocabulary.of([*terms, *joined])
    assert (made.text.tobytes(), made.starts.tolist()) == (
        expected.text.tobytes(),
        expected.starts.tolist(),
    )
    assert of_terms.tolist() == [expected[term] for term in terms]
    assert of_pairs.tolist() == [expected[pair] for pair in joined]


def test_numbers_are_remembered_no_further_than_allowed(monkeypatch: object) -> None:
    made = Vocabulary.of(["甲", "乙"])
    for number in range(vocabulary._REMEMBERED + 10):
        assert made.get(f"词{number}") is None
    assert len(made._known) <= vocabulary._REMEMBERED
    assert (made["甲"], made["乙"]) == (1, 0)
