"""Which number has a term? The distinct terms of a library in one stretch of bytes, sorted.

A term's number is its place in the order of UTF-8, which is that of its code points. So a look-up
is a binary search, in memory or in a file that is mapped and hardly read.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from knowledge.giving_way import give_way

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]

_STRIDE = 64  # terms between two that are kept in memory, to go on with the search
_STRETCH = 64 * _STRIDE  # between two to begin with; those in between are read when they are needed
_REMEMBERED = 1 << 16  # terms whose numbers are kept
_REWRITTEN = 8  # more than one new term for so many old ones: everything is sorted anew


def encoded(term: str) -> bytes:
    """A term as it stands in a vocabulary; text of reports may hold half a surrogate pair."""
    return term.encode("utf-8", "surrogatepass")


def decoded(term: bytes) -> str:
    """A term of a vocabulary as text."""
    return term.decode("utf-8", "surrogatepass")


class Vocabulary(Mapping[str, int]):
    """Numbers by term; read-only.

    Term number ``n`` is ``text[starts[n]:starts[n+1]]`` in UTF-8.
    """

    def __init__(self, text: Bytes, starts: Places) -> None:
        self.text = text
        self.starts = starts
        self._known: dict[str, int] = {}
        self._landmarks = self._every(_STRETCH, 0, len(starts) - 1)
        self._between: dict[int, list[bytes]] = {}  # by the landmark before

    @classmethod
    def of(cls, terms: Iterable[str]) -> Vocabulary:
        """The vocabulary of these terms, repeats counted once."""
        return cls.joined([encoded(term) for term in sorted(set(terms))])

    @classmethod
    def joined(cls, ordered: Sequence[bytes]) -> Vocabulary:
        """The vocabulary of these different terms, encoded and in order."""
        lengths = np.fromiter(map(len, ordered), np.int64, len(ordered))
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return cls(np.frombuffer(b"".join(ordered), np.uint8), starts)

    def __getitem__(self, term: str) -> int:
        number = self.get(term)
        if number is None:
            raise KeyError(term)
        return number

    def get(self, term: str, default: int | None = None) -> int | None:  # type: ignore[override]
        """The number of ``term``, or ``default`` where it is none of these."""
        number = self._known.get(term)
        if number is None:
            number, found = self.place(encoded(term))
            if not found:
                number = -1
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[term] = number
        return default if number < 0 else number

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and self.get(term) is not None

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[str]:
        return map(decoded, self.encoded())

    def _every(self, stride: int, begin: int, end: int) -> list[bytes]:
        """One term in so many of those from ``begin`` to ``end``, encoded."""
        begins, ends = self.starts[begin:end:stride], self.starts[begin + 1 : end + 1 : stride]
        places = zip(begins.tolist(), ends.tolist(), strict=True)
        return [self.text[first:last].tobytes() for first, last in places]

    def _block(self, term: bytes) -> int:
        """Which stretch of ``_STRIDE`` terms an encoded one belongs into."""
        stretch = max(bisect_right(self._landmarks, term) - 1, 0)
        between = self._between.get(stretch)
        if between is None:
            begin = stretch * _STRETCH
            end = min(begin + _STRETCH, len(self.starts) - 1)
            between = self._between[stretch] = self._every(_STRIDE, begin, end)
        own = max(bisect_right(between, term) - 1, 0)
        return stretch * (_STRETCH // _STRIDE) + own

    def place(self, term: bytes) -> tuple[int, bool]:
        """How many terms come before an encoded one, and whether it is among them."""
        begin = self._block(term) * _STRIDE
        starts = self.starts[begin : begin + _STRIDE + 1].tolist()
        first, last = starts[0], starts[-1]
        text = self.text[first:last].tobytes()

        def near(number: int) -> bytes:
            return text[starts[number] - first : starts[number + 1] - first]

        place = bisect_left(range(len(starts) - 1), term, key=near)
        return begin + place, place < len(starts) - 1 and near(place) == term

    def term(self, number: int) -> bytes:
        """The term of this number, encoded."""
        begin, end = self.starts[number : number + 2].tolist()
        return self.text[begin:end].tobytes()

    def numbers(self, ordered: Sequence[bytes]) -> Numbers:
        """The numbers of different terms, encoded and in order; -1 where one is none of these."""
        found = np.full(len(ordered), -1, np.int32)
        near: dict[bytes, int] = {}
        done = -1
        for place, term in enumerate(ordered):
            block = self._block(term)
            if block != done:
                give_way()
                begin, done = block * _STRIDE, block
                starts = self.starts[begin : begin + _STRIDE + 1].tolist()
                text = self.text[starts[0] : starts[-1]].tobytes()
                near = {
                    text[a - starts[0] : b - starts[0]]: begin + number
                    for number, (a, b) in enumerate(itertools.pairwise(starts))
                }
            found[place] = near.get(term, -1)
        return found

    def some(self, numbers: npt.NDArray[np.integer]) -> list[bytes]:
        """The terms with these numbers, encoded."""
        text = self.text.tobytes()
        begins, ends = self.starts[numbers].tolist(), self.starts[numbers + 1].tolist()
        return [text[begin:end] for begin, end in zip(begins, ends, strict=True)]

    def encoded(self) -> list[bytes]:
        """All terms, in order."""
        text, starts = self.text.tobytes(), self.starts.tolist()
        return [text[a:b] for a, b in itertools.pairwise(starts)]


def union(
    parts: Sequence[Vocabulary], used: Sequence[npt.NDArray[np.bool_]]
) -> tuple[Vocabulary, list[Numbers]]:
    """The vocabulary of all terms that are marked in ``used``, and each part's way into it.

    Term ``n`` of a part has the number ``ways[part][n]`` in the new one; a term that is not used
    has the number that the next one after it has, so that every way ascends.
    """
    if not parts:
        return Vocabulary.of(()), []
    largest = max(range(len(parts)), key=lambda number: len(parts[number]))
    others = sum(int(np.count_nonzero(u)) for n, u in enumerate(used) if n != largest)
    dropped = len(used[largest]) - int(np.count_nonzero(used[largest]))
    if (others + dropped) * _REWRITTEN <= len(parts[largest]):
        return _inserted(parts, used, largest)
    return _sorted(parts, used)


def _sorted(
    parts: Sequence[Vocabulary], used: Sequence[npt.NDArray[np.bool_]]
) -> tuple[Vocabulary, list[Numbers]]:
    """The union, sorted as a whole.

    Nearly all terms have eight bytes or fewer, as pairs of Chinese characters have. They are
    sorted as integers; only the longer ones are objects of Python.
    """
    found = _Distinct()
    for part, mask in zip(parts, used, strict=True):
        found.add(part, mask)
    short, long = found.short(), sorted(found.long)
    short_numbers, long_numbers = _ranks(short, long)
    number = dict(zip(long, long_numbers.tolist(), strict=True))
    total = len(short) + len(long)
    ways: list[Numbers] = []
    for part, mask in zip(parts, used, strict=True):
        numbers = np.zeros(len(part), np.int32)
        is_short, keys = _short_keys(part, mask)
        numbers[is_short] = short_numbers[short.searchsorted(keys)]
        is_long = np.flatnonzero(mask & ~is_short)
        numbers[is_long] = [number[term] for term in part.some(is_long)]
        ways.append(_filled(numbers[mask], mask, total))
    return _interleaved(short, short_numbers, long, long_numbers), ways


def spelled(
    terms: Sequence[bytes], pieces: Sequence[bytes], firsts: Places, seconds: Places
) -> tuple[Vocabulary, Numbers, Numbers]:
    """The vocabulary of ``terms`` and of pairs of ``pieces``, encoded, and the numbers of both.

    Pair ``n`` is ``pieces[firsts[n]] + pieces[seconds[n]]``. Nearly all pairs are short, and
    nothing is made of them but integers.
    """
    is_short = np.fromiter(map(_is_short, terms), np.bool_, len(terms))
    keys = _keys_of(terms)[is_short]
    # A piece that is no integer makes no pair one.
    sizes = np.array([len(p) if _is_short(p) else _SHORT + 1 for p in pieces], np.int64)
    fits = sizes[firsts] + sizes[seconds] <= _SHORT
    left, right = firsts[fits], seconds[fits]
    beginnings = _keys_of(pieces)
    pairs = beginnings[right] >> (8 * sizes[left]).astype(np.uint64)
    pairs |= beginnings[left]
    others = zip(firsts[~fits].tolist(), seconds[~fits].tolist(), strict=True)
    long_terms = [term for term, one in zip(terms, is_short.tolist(), strict=True) if not one]
    long_pairs = [pieces[first] + pieces[second] for first, second in others]

    short, long = _ascending(np.concatenate([keys, pairs])), sorted({*long_terms, *long_pairs})
    short_numbers, long_numbers = _ranks(short, long)
    number = dict(zip(long, long_numbers.tolist(), strict=True))

    def numbers(
        is_short: npt.NDArray[np.bool_], keys: npt.NDArray[np.uint64], others: Sequence[bytes]
    ) -> Numbers:
        found = np.empty(len(is_short), np.int32)
        found[is_short] = short_numbers[short.searchsorted(keys)]
        found[~is_short] = [number[term] for term in others]
        return found

    return (
        _interleaved(short, short_numbers, long, long_numbers),
        numbers(is_short, keys, long_terms),
        numbers(fits, pairs, long_pairs),
    )


_SHORT = 8  # bytes of a term that is sorted as an integer
_BEGINNINGS = np.array(
    [(1 << 64) - (1 << (64 - 8 * size)) for size in range(_SHORT + 1)], np.uint64
)  # of an integer, those of so many bytes
_FOLDED = 1 << 24  # integers that are gathered before repeats are thrown out: 128 MB


class _Distinct:
    """Gathers the different terms of many vocabularies."""

    def __init__(self) -> None:
        self.long: set[bytes] = set()
        self._short: list[npt.NDArray[np.uint64]] = []
        self._gathered = 0

    def add(self, part: Vocabulary, mask: npt.NDArray[np.bool_]) -> None:
        """Add the terms of ``part`` that are marked."""
        is_short, keys = _short_keys(part, mask)
        self.long.update(part.some(np.flatnonzero(mask & ~is_short)))
        self._short.append(keys)
        self._gathered += len(keys)
        if self._gathered > _FOLDED:
            self._short = [self.short()]
            self._gathered = 0

    def short(self) -> npt.NDArray[np.uint64]:
        """The short ones, as ascending integers."""
        return _ascending(np.concatenate([np.zeros(0, np.uint64), *self._short]))


def _ascending(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The different ones; ``keys`` are sorted in place."""
    keys.sort()
    first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    return keys[first]


def _ranks(short: npt.NDArray[np.uint64], long: Sequence[bytes]) -> tuple[Places, Places]:
    """The places that short and long terms have among all, both in order."""
    # A long term stands behind the short ones that are less than its beginning, or are it.
    behind = short.searchsorted(_keys_of(long), side="right")
    before = behind.searchsorted(np.arange(len(short)), "right")
    return np.arange(len(short)) + before, behind + np.arange(len(long))


def _is_short(term: bytes) -> bool:
    """Whether an integer can stand for it: the zeros behind it are none of its own."""
    return len(term) <= _SHORT and b"\0" not in term


def _short_keys(
    part: Vocabulary, mask: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint64]]:
    """Which of the marked terms are short, and their integers: bytes, zeros behind them."""
    text, starts = part.text, part.starts
    lengths = starts[1:] - starts[:-1]
    is_short = mask & (lengths <= _SHORT)
    # The zeros behind a term must not be taken for some of its own.
    zeros = np.flatnonzero(text == 0)
    is_short[starts.searchsorted(zeros, side="right") - 1] = False
    # Eight bytes from every place on, of which those behind the term are cut off.
    padded = np.concatenate([text, np.zeros(_SHORT, np.uint8)])
    eights = np.ndarray((len(text),), ">u8", padded.data, strides=(1,))
    keys = eights[starts[:-1][is_short]].astype(np.uint64)
    keys &= _BEGINNINGS[lengths[is_short]]
    return is_short, keys


def _keys_of(terms: Sequence[bytes]) -> npt.NDArray[np.uint64]:
    """The integers of terms, or of the beginnings of long ones."""
    return np.frombuffer(
        b"".join(term[:_SHORT].ljust(_SHORT, b"\0") for term in terms), ">u8"
    ).astype(np.uint64)


def _interleaved(
    short: npt.NDArray[np.uint64],
    short_numbers: Places,
    long: Sequence[bytes],
    long_numbers: Places,
) -> Vocabulary:
    """The vocabulary of short and long terms that have these numbers."""
    padded = short.astype(">u8").view(np.uint8).reshape(len(short), _SHORT)
    lengths = np.zeros(len(short) + len(long), np.int64)
    lengths[short_numbers] = np.count_nonzero(padded, axis=1)
    lengths[long_numbers] = [len(term) for term in long]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    text = np.zeros(int(starts[-1]), np.uint8)
    for place in range(_SHORT):
        there = padded[:, place] > 0
        text[starts[short_numbers[there]] + place] = padded[there, place]
    for number, term in zip(long_numbers.tolist(), long, strict=True):
        begin = int(starts[number])
        text[begin : begin + len(term)] = np.frombuffer(term, np.uint8)
    return Vocabulary(text, starts)


def _filled(numbers: Numbers, used: npt.NDArray[np.bool_], size: int) -> Numbers:
    """The numbers of the used terms, with those of the next one between them."""
    if len(numbers) == len(used):
        return numbers
    after: Places = np.cumsum(used) - used  # used terms before each
    padded: Numbers = np.append(numbers, np.int32(size))
    return padded[after]


def _inserted(
    parts: Sequence[Vocabulary], used: Sequence[npt.NDArray[np.bool_]], largest: int
) -> tuple[Vocabulary, list[Numbers]]:
    """The same, where nearly all of it is one of the parts: that is copied in long stretches."""
    base, kept = parts[largest], used[largest]
    wanted = {
        t for n, p in enumerate(parts) if n != largest for t in p.some(np.flatnonzero(used[n]))
    }
    places = {term: base.place(term) for term in wanted}
    new = sorted(t for t, (place, found) in places.items() if not found or not kept[place])
    at = np.array([places[term][0] for term in new], np.int64)
    # What is new stands before the term that it is placed at, or in its stead.
    starts, text = base.starts, base.text
    pieces: list[Bytes] = []
    done = 0
    gone = np.flatnonzero(~kept).tolist()
    edits = sorted([*((p, 0, t) for p, t in zip(at.tolist(), new, strict=True)),
                    *((p, 1, b"") for p in gone)])  # fmt: skip
    for place, drops, term in edits:
        pieces.append(text[starts[done] : starts[place]])
        done = place + drops
        if not drops:
            pieces.append(np.frombuffer(term, np.uint8))
    pieces.append(text[starts[done] :])
    before: Places = np.cumsum(kept) - kept  # kept terms before each of the base
    own = before + np.searchsorted(at, np.arange(len(kept)), side="right")
    # A term that is new at a dropped term's own place stands before what follows, as it should.
    total = int(np.count_nonzero(kept)) + len(new)
    lengths = np.zeros(total, np.int64)
    lengths[own[kept]] = np.diff(starts)[kept]
    numbers = (
        before[np.minimum(at, len(kept) - 1)]
        + np.where(at >= len(kept), kept[-1:].sum(), 0)
        + np.arange(len(new))
    )
    lengths[numbers] = [len(term) for term in new]
    made = Vocabulary(
        np.concatenate([np.zeros(0, np.uint8), *pieces]),
        np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
    )
    found = {term: int(number) for term, number in zip(new, numbers, strict=True)}
    ways: list[Numbers] = []
    for part, mask in zip(parts, used, strict=True):
        if part is base:
            ways.append(_filled(own[kept].astype(np.int32), kept, total))
            continue
        terms = part.some(np.flatnonzero(mask))
        found_at = (found[t] if t in found else int(own[places[t][0]]) for t in terms)
        ways.append(_filled(np.fromiter(found_at, np.int32, len(terms)), mask, total))
    return made, ways
