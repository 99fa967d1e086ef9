from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import UnusableState
from bot.records.store import (
    DAY,
    FILE,
    Answered,
    Asking,
    Item,
    Logged,
    Preferences,
    Store,
    unusable,
)
from retrieval.model import Context


class Clock:
    """A clock that goes when told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with closing(Store(tmp_path / "状态", retention_days=30, clock=clock)) as opened:
        yield opened


BEFORE = Context("三零是什么", ("r-9-cd", "r-8-ef"))
ASKING = Asking("刘安是谁?", ("热血忠诚",), BEFORE)
ASKED = Answered(7, 6, ASKING, ("r-1-ab",), "answered", "5f0c")


def test_an_answer_is_found_by_its_message_and_by_the_question_after_a_restart(
    tmp_path: Path, clock: Clock
) -> None:
    with closing(Store(tmp_path, clock=clock)) as store:
        store.remember(-100, 42, ASKED, {"r-1-ab": "刘安,23年驻守。"})
    expected = replace(ASKED, at=clock.now)
    with closing(Store(tmp_path, clock=clock)) as store:
        assert store.answered(-100, 7) == expected
        assert store.answer_to(-100, 6) == expected
        assert store.answered(-101, 7) is None
        assert store.answer_to(-100, 7) is None
        assert store.words_of("r-1-ab") == "刘安,23年驻守。"
        assert store.words_of("r-2-ab") is None


def test_an_edited_answer_replaces_the_one_before(store: Store) -> None:
    store.remember(5, 5, ASKED, {})
    store.remember(5, 5, Answered(7, 6, Asking("三零是什么?")), {})
    found = store.answered(5, 7)
    assert found is not None
    assert found.asking == Asking("三零是什么?")


def test_the_latest_question_is_that_of_the_last_while(store: Store, clock: Clock) -> None:
    first = Answered(7, 6, Asking("一"))
    store.remember(5, 5, first, {})
    clock.now += 60
    store.remember(5, 5, Answered(9, 8, Asking("二")), {})
    store.remember(5, 5, Answered(10, 0), {})
    assert store.latest(5, 8, within=600) == replace(first, at=clock.now - 60)
    latest = store.latest(5, 11, within=600)
    assert latest is not None
    assert latest.asking == Asking("二")
    clock.now += 601
    assert store.latest(5, 11, within=600) is None


def test_what_is_old_is_forgotten_but_citations_stay(store: Store, clock: Clock) -> None:
    store.remember(5, 5, ASKED, {"r-1-ab": "刘安"})
    store.vote(5, 7, 5, good=True)
    clock.now += 29 * DAY
    store.forget_old()
    assert store.answered(5, 7) is not None
    assert store.votes(5, 7) == (1, 0)
    clock.now += 2 * DAY
    store.forget_old()
    assert store.answered(5, 7) is None
    assert store.votes(5, 7) == (0, 0)
    assert store.words_of("r-1-ab") == "刘安"


def test_everybody_has_one_vote_and_may_change_it(store: Store) -> None:
    store.remember(5, 5, ASKED, {})
    store.vote(5, 7, 1, good=True)
    store.vote(5, 7, 2, good=True)
    store.vote(5, 7, 2, good=False)
    assert store.votes(5, 7) == (1, 1)
    assert store.votes(5, 8) == (0, 0)


def test_an_update_is_done_once_for_ever(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        assert not store.is_done(1)
        store.done(1)
        store.done(1)
    with closing(Store(tmp_path)) as store:
        assert store.is_done(1)
        assert not store.is_done(2)


def test_choices_are_kept_by_chat_and_move_with_it(store: Store) -> None:
    assert store.preferences(-5) == Preferences("", 3, short=False, notices=True)
    store.choose(-5, passages=1)
    assert store.choose(-5, language="en", short=True) == Preferences("en", 1, short=True)
    store.move(-5, -1005)
    assert store.preferences(-5) == Preferences()
    assert store.preferences(-1005) == Preferences("en", 1, short=True)


def test_no_id_of_a_person_or_chat_is_in_the_file(tmp_path: Path) -> None:
    person, chat = 987654321987, -1001234567891
    with closing(Store(tmp_path)) as store:
        store.remember(chat, person, ASKED, {})
        store.log(chat, person, ASKED)
        store.vote(chat, 7, person, good=False)
        store.choose(chat, passages=2)
        store.choose(person, passages=2)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        values = [
            value
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for row in db.execute(f"SELECT * FROM {table}")  # noqa: S608 - from the file itself
            for value in row
        ]
    assert "刘安是谁?".encode() in content
    for secret in (person, chat, -chat):
        assert str(secret).encode() not in content
        assert secret not in values


def test_two_installations_hash_the_same_person_differently(tmp_path: Path) -> None:
    hashes = set()
    for folder in ("a", "b"):
        with closing(Store(tmp_path / folder)) as store:
            store.choose(42, passages=2)
        with closing(sqlite3.connect(tmp_path / folder / FILE)) as db:
            hashes.add(db.execute("SELECT chat FROM preferences").fetchone())
    assert len(hashes) == 2


def test_many_threads_may_write_at_once(store: Store) -> None:
    def ask(number: int) -> None:
        store.remember(5, number, Answered(number, 1000 + number, Asking(str(number))), {})
        store.done(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(300)))
    for number in range(300):
        found = store.answer_to(5, 1000 + number)
        assert found is not None
        assert found.asking == Asking(str(number))
        assert store.is_done(number)


def test_the_oldest_updates_and_no_newer_ones_are_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.records.store.UPDATES_KEPT", 50)
    for number in range(1, 201):
        store.done(number)
    assert [number for number in range(1, 201) if store.is_done(number)] == list(range(151, 201))


def test_a_file_in_place_of_the_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(UnusableState) as caught:
        Store(tmp_path / "state")
    assert str(caught.value) == (
        f"the state folder {tmp_path / 'state'} cannot be used (File exists);"
        " set WENJU_STATE to a folder that can be written"
    )


def test_a_damaged_file_is_put_aside_and_a_new_one_begun(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = b"not a database" * 100
    (tmp_path / FILE).write_bytes(damaged)
    (tmp_path / f"{FILE}-wal").write_bytes(b"of the damaged one")
    with closing(Store(tmp_path)) as store:
        store.done(1)
    with closing(Store(tmp_path)) as store:
        assert store.is_done(1)
    assert (tmp_path / f"{FILE}.damaged").read_bytes() == damaged
    (said,) = caplog.messages
    assert f"{tmp_path / FILE} is damaged and is kept as {FILE}.damaged" in said


def test_damage_that_shows_later_is_said_with_what_to_do(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        for number in range(1, 500):
            store.remember(1, 1, Answered(number, 0, Asking(str(number) * 99)), {})
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file = tmp_path / FILE
        size = file.stat().st_size
        with file.open("r+b") as written:
            written.seek(4096)
            written.write(b"\xff" * (size - 4096))
        store._db.execute("PRAGMA shrink_memory")
        with pytest.raises(UnusableState, match=r"is damaged .* move it elsewhere"):
            store.answered(1, 7)


def test_whatever_part_of_the_file_is_damaged_is_told_as_that() -> None:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT_INDEX
    assert "is damaged" in str(unusable(Path("state"), error))
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert "is damaged" not in str(unusable(Path("state"), error))


def test_another_program_that_writes_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.records.store.BUSY", 0.01)

    def patience(store: Store) -> int:
        return int(store._db.execute("PRAGMA busy_timeout").fetchone()[0])

    with (
        closing(Store(tmp_path)) as store,
        closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other,
    ):
        store.done(1)
        assert patience(store) == 10
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            with pytest.raises(UnusableState, match=r"another program is writing .* second"):
                store.done(2)
            assert patience(store) == 0
        assert (store.is_done(1), store.is_done(2)) == (True, False)  # reading goes on
        other.execute("ROLLBACK")
        store.done(2)
        assert (store.is_done(2), patience(store)) == (True, 10)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(UnusableState, match="written by a newer version"):
        Store(tmp_path)


# The question log --------------------------------------------------------------------------------


def test_the_log_tells_what_was_asked_and_what_came_of_it_but_not_by_whom(
    store: Store, clock: Clock
) -> None:
    begun = clock.now
    store.log(5, 42, ASKED)
    store.log(5, 42, Answered(8, 6))  # a hint answers no question
    clock.now += 60
    store.log(-100, 42, Answered(7, 6, Asking("红烧肉怎么做"), (), "not_found"))
    store.vote(-100, 7, 9, good=True)
    store.vote(5, 7, 9, good=False)
    first, second = store.logged()
    assert first.asker == second.asker != "42"
    assert [first, second] == [
        Logged("刘安是谁?", "answered", ("r-1-ab",), begun, first.asker, disliked=True),
        Logged("红烧肉怎么做", "not_found", (), clock.now, first.asker),
    ]
    assert store.logged(since=clock.now) == (second,)


def test_an_edited_question_takes_its_own_place_in_the_log(store: Store) -> None:
    store.log(5, 42, ASKED)
    store.log(5, 42, replace(ASKED, asking=Asking("索连红是谁?")))
    assert [one.question for one in store.logged()] == ["索连红是谁?"]


def test_the_recent_questions_are_different_ones_in_words_newest_first(
    store: Store, clock: Clock
) -> None:
    for number, question in enumerate(["一", "二", "/hero 刘安", "一", "三"]):
        clock.now += 1
        store.log(5, 42, Answered(number, 0, Asking(question)))
    assert store.recent_questions(200) == ("三", "一", "二")
    assert store.recent_questions(2) == ("三", "一")


def test_the_log_is_forgotten_with_everything_else(store: Store, clock: Clock) -> None:
    store.log(5, 42, ASKED)
    store.dismiss(["红烧肉怎么做"])
    assert store.dismissed() == {"红烧肉怎么做"}
    clock.now += 31 * DAY
    store.forget_old()
    assert (store.logged(), store.dismissed()) == ((), frozenset())


def test_a_message_of_the_inbox_is_known_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    item = Item(("三零的钱从哪里来", "三零的钱呢"), "企业 安全")
    with closing(Store(tmp_path, clock=clock)) as store:
        store.put_in_inbox(5, 7, Item(("别的",), "别的"))
        store.put_in_inbox(5, 7, item)
    with closing(Store(tmp_path, retention_days=30, clock=clock)) as store:
        assert store.in_inbox(5, 7) == item
        assert store.in_inbox(6, 7) is None
        clock.now += 31 * DAY
        store.forget_old()
        assert store.in_inbox(5, 7) is None


def test_the_votes_of_the_last_days_are_counted_over_all_chats(store: Store, clock: Clock) -> None:
    store.vote(5, 7, 1, good=True)
    clock.now += 8 * DAY
    store.vote(5, 8, 1, good=True)
    store.vote(-6, 7, 2, good=False)
    assert store.votes_since(clock.now - 7 * DAY) == (1, 1)
    assert store.votes_since(0) == (2, 1)


VERSION_1 = """
CREATE TABLE secret (salt BLOB NOT NULL);
CREATE TABLE updates (id INTEGER PRIMARY KEY);
CREATE TABLE answers (
    chat TEXT NOT NULL, message INTEGER NOT NULL, asked_by INTEGER NOT NULL,
    question TEXT NOT NULL, section TEXT NOT NULL, before TEXT NOT NULL, citations TEXT NOT NULL,
    outcome TEXT NOT NULL, shown TEXT NOT NULL, person TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (chat, message)
) WITHOUT ROWID;
CREATE INDEX answers_by_question ON answers (chat, asked_by);
CREATE INDEX answers_by_time ON answers (at);
CREATE TABLE votes (
    chat TEXT NOT NULL, message INTEGER NOT NULL, person TEXT NOT NULL, good INTEGER NOT NULL,
    question TEXT NOT NULL, citations TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (chat, message, person)
) WITHOUT ROWID;
CREATE TABLE citations (id TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE preferences (chat TEXT PRIMARY KEY, chosen TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO secret VALUES (x'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef');
PRAGMA user_version = 1;
"""


def test_a_file_of_the_first_version_goes_on_with_all_that_it_holds(
    tmp_path: Path, clock: Clock
) -> None:
    salt = bytes.fromhex("0123456789abcdef" * 4)

    def hashed(what: str) -> str:
        return hmac.digest(salt, what.encode(), "sha256").hex()[:20]

    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.executescript(VERSION_1)
        db.execute(
            "INSERT INTO answers VALUES (?, 7, 6, '刘安是谁?', '[\"热血忠诚\"]',"
            ' \'["三零是什么", "r-9-cd", "r-8-ef"]\', \'["r-1-ab"]\', \'answered\','
            " '5f0c', ?, ?)",
            (hashed("chat5"), hashed("person42"), clock.now),
        )
        db.execute("INSERT INTO votes VALUES (?, 7, ?, 1, '', '[]', 0)", (hashed("chat5"), "x"))
        db.execute("INSERT INTO preferences VALUES (?, '{\"passages\": 1}')", (hashed("chat5"),))
        db.execute("INSERT INTO citations VALUES ('r-1-ab', '刘安')")
        db.commit()
    for _ in range(2):  # and once more, now that it is of this version
        with closing(Store(tmp_path, clock=clock)) as store:
            assert store.answered(5, 7) == replace(ASKED, at=clock.now)
            assert store.votes(5, 7) == (1, 0)
            assert store.preferences(5) == Preferences(passages=1)
            assert store.words_of("r-1-ab") == "刘安"
            assert store.dismissed() == frozenset()
            store.log(5, 42, ASKED)
            assert [one.asker for one in store.logged()] == [hashed("person42")]
