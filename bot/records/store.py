"""What must the bot remember over a restart? One SQLite file in the state folder.

The standard library's ``sqlite3`` is enough here: a dozen fixed statements, called from worker
threads that the bot has anyway. People and chats are kept only as salted hashes (a private chat's
id *is* its person's id), and everything that tells what somebody did is forgotten after a while.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.errors import UnusableState
from retrieval.model import Context

_log = logging.getLogger(__name__)
FILE = "wenju.sqlite3"
VERSION = 3
DAY = 86_400.0
UPDATES_KEPT = 10_000  # Telegram keeps undelivered updates for a day; this is more than a day's
CITATIONS_KEPT = 100_000
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BUSY = 1.0  # seconds to wait for another program that is writing into the file

_FIRST = """
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
"""
_SECOND = """
ALTER TABLE answers ADD COLUMN language TEXT NOT NULL DEFAULT '';
CREATE TABLE questions (
    chat TEXT NOT NULL, message INTEGER NOT NULL, person TEXT NOT NULL, question TEXT NOT NULL,
    outcome TEXT NOT NULL, citations TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (chat, message)
) WITHOUT ROWID;
CREATE INDEX questions_by_time ON questions (at);
CREATE TABLE dismissed (question TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""
_THIRD = """
CREATE TABLE inbox (
    chat TEXT NOT NULL, message INTEGER NOT NULL, questions TEXT NOT NULL, words TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (chat, message)
) WITHOUT ROWID;
"""
# What makes version 1 of an empty file, version 2 of version 1, and so on.
_STEPS = (_FIRST, _SECOND, _THIRD)


@dataclass(frozen=True, slots=True)
class Asking:
    """A question with all that is needed to answer it again.

    ``question`` is what was asked, or a topic command such as ``/hero 刘安``; ``section`` the
    headings that it was narrowed to, () for none; ``before`` what it followed on from.
    """

    question: str
    section: tuple[str, ...] = ()
    before: Context | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A message of the bot and what it answers.

    ``asked_by`` is the message that asked, 0 where a button did. ``asking`` is None where the
    message is no answer but a hint or a list. ``shown`` stands for all that the message shows:
    Telegram refuses an edit that changes nothing. ``language`` is what it is written in, "" where
    that was not noted.
    """

    message: int
    asked_by: int
    asking: Asking | None = None
    citations: tuple[str, ...] = ()
    outcome: str = ""
    shown: str = ""
    at: float = 0.0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """One question of the log: what was asked and what came of it, not by whom.

    ``citations`` are ids, best first. ``asker`` is a salted hash. ``disliked`` is whether somebody
    found the answer bad.
    """

    question: str
    outcome: str
    citations: tuple[str, ...]
    at: float
    asker: str
    disliked: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the inbox as a message shows it.

    ``questions`` are wordings of one question, the most frequent first; ``words`` what passages
    for it were looked up by.
    """

    questions: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a chat has chosen in /settings; ``language`` "" follows whoever asks.

    ``alone`` is whether only the asker sees an answer in a group where the operator allows that.
    """

    language: str = ""
    passages: int = 3
    short: bool = False
    notices: bool = True
    alone: bool = True


class Store:
    """The SQLite file. Safe to call from several threads; every method is one short transaction.

    ``clock`` gives the time in seconds since 1970.
    """

    def __init__(
        self, folder: Path, *, retention_days: int = 90, clock: Callable[[], float] = time.time
    ) -> None:
        """Open the file in ``folder``, or make both; raises UnusableState."""
        self._lock = threading.Lock()
        self._clock = clock
        self._retention = retention_days * DAY
        self._path = folder / FILE
        self._patient = True
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._salt = self._open()
        except (OSError, sqlite3.Error) as error:
            raise unusable(folder, error) from error

    def close(self) -> None:
        """Close the file; nothing is lost where this is never called."""
        with self._lock:
            self._db.close()

    def _open(self) -> bytes:
        """Open the file and give its salt. A damaged one is put aside: the bot must answer."""
        try:
            return self._prepared()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
        aside = self._path.with_name(f"{FILE}.damaged")
        self._path.replace(aside)
        for beside in ("-wal", "-shm"):  # which belong to it
            self._path.with_name(f"{FILE}{beside}").unlink(missing_ok=True)
        _log.error(
            "%s is damaged and is kept as %s; a new one is begun: questions, votes, what chats have"
            " chosen and what old buttons belong to are forgotten",
            self._path,
            aside.name,
        )
        return self._prepared()

    def _prepared(self) -> bytes:
        self._db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        try:
            return self._prepare()
        except sqlite3.Error:
            self._db.close()
            raise

    def _prepare(self) -> bytes:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._wait_for_others(patient=True)
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise sqlite3.DatabaseError(f"{FILE} was written by a newer version of this program")
        for number, step in enumerate(_STEPS[version:], version + 1):
            # Each step is done wholly or not at all, whenever the power goes.
            self._db.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT")
        self._db.execute(
            "INSERT INTO secret SELECT ? WHERE NOT EXISTS (SELECT 1 FROM secret)",
            (secrets.token_bytes(32),),
        )
        (salt,) = self._db.execute("SELECT salt FROM secret").fetchone()
        return bytes(salt)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                self._begin()
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise unusable(self._path.parent, error) from error

    def _begin(self) -> None:
        """Begin to write. Who has waited in vain does not wait again as long as the other is at it.

        Else every question would wait at each of its notes, and all others for it.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._wait_for_others(patient=False)
            raise
        if not self._patient:
            self._wait_for_others(patient=True)

    def _wait_for_others(self, *, patient: bool) -> None:
        self._patient = patient
        self._db.execute(f"PRAGMA busy_timeout = {round(1000 * BUSY) if patient else 0}")

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What ``query`` finds, also while another program is writing."""
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise unusable(self._path.parent, error) from error

    def _hash(self, kind: str, id: int) -> str:  # noqa: A002 - an id is what it is
        return hmac.digest(self._salt, f"{kind}{id}".encode(), hashlib.sha256).hex()[:20]

    # Updates -------------------------------------------------------------------------------------

    def is_done(self, update: int) -> bool:
        """Whether the update with this id was answered, before a crash perhaps."""
        return bool(self._rows("SELECT 1 FROM updates WHERE id = ?", update))

    def done(self, update: int) -> None:
        """Note that the update with this id is answered; the oldest ids are forgotten."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO updates VALUES (?)", (update,))
            if update % 100 == 0:
                db.execute(
                    "DELETE FROM updates WHERE id NOT IN"
                    " (SELECT id FROM updates ORDER BY rowid DESC LIMIT ?)",
                    (UPDATES_KEPT,),
                )

    # Answers -------------------------------------------------------------------------------------

    def remember(self, chat: int, person: int, answered: Answered, texts: dict[str, str]) -> None:
        """Note what a message of the bot answers, and the words of its citations by their id."""
        now, asking = self._clock(), answered.asking or Asking("")
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._hash("chat", chat),
                    answered.message,
                    answered.asked_by,
                    asking.question,
                    json.dumps(asking.section, ensure_ascii=False),
                    _from_context(asking.before),
                    json.dumps(answered.citations),
                    answered.outcome,
                    answered.shown,
                    self._hash("person", person),
                    now,
                    answered.language,
                ),
            )
            db.executemany("INSERT OR IGNORE INTO citations VALUES (?, ?)", texts.items())
            if answered.message % 100 == 0:
                self._forget(db, now)

    def _forget(self, db: sqlite3.Connection, now: float) -> None:
        db.execute("DELETE FROM answers WHERE at < ?", (now - self._retention,))
        db.execute("DELETE FROM votes WHERE at < ?", (now - self._retention,))
        db.execute("DELETE FROM questions WHERE at < ?", (now - self._retention,))
        db.execute("DELETE FROM dismissed WHERE at < ?", (now - self._retention,))
        db.execute("DELETE FROM inbox WHERE at < ?", (now - self._retention,))
        db.execute(
            "DELETE FROM citations WHERE rowid <= (SELECT max(rowid) FROM citations) - ?",
            (CITATIONS_KEPT,),
        )

    def forget_old(self) -> None:
        """Forget what is older than the retention."""
        with self._transaction() as db:
            self._forget(db, self._clock())

    def answered(self, chat: int, message: int) -> Answered | None:
        """What the bot's ``message`` answers, None where that is not known (any more)."""
        return self._answer("message = ?", chat, message)

    def answer_to(self, chat: int, question: int) -> Answered | None:
        """The message of the bot that answered the message ``question``."""
        return self._answer("asked_by = ? ORDER BY message", chat, question)

    def latest(self, chat: int, before: int, within: float) -> Answered | None:
        """The newest answer in ``chat`` before message ``before``, if of the last ``within`` s.

        Before, so that an edited question does not follow on from its own answer.
        """
        return self._answer(
            "message < ? AND question <> '' AND at >= ? ORDER BY message DESC",
            chat,
            before,
            self._clock() - within,
        )

    def _answer(self, where: str, chat: int, *values: float) -> Answered | None:
        rows = self._rows(
            "SELECT message, asked_by, question, section,"  # noqa: S608 - `where` is ours
            " before, citations, outcome, shown, at, language"
            f" FROM answers WHERE chat = ? AND {where} LIMIT 1",
            self._hash("chat", chat),
            *values,
        )
        if not rows:
            return None
        message, asked_by, question, section, before, citations, outcome, shown, at, language = (
            rows[0]
        )
        return Answered(
            message,
            asked_by,
            Asking(question, tuple(json.loads(section)), _to_context(before)) if question else None,
            tuple(json.loads(citations)),
            outcome,
            shown,
            at,
            language,
        )

    def words_of(self, citation: str) -> str | None:
        """What the paragraph said when the bot cited it, None where it never did."""
        rows = self._rows("SELECT text FROM citations WHERE id = ?", citation)
        return str(rows[0][0]) if rows else None

    # Questions -----------------------------------------------------------------------------------

    def log(self, chat: int, person: int, answered: Answered) -> None:
        """Add to the log what ``person`` asked and what the message ``answered`` says to it.

        An edited question takes the place of what it said before.
        """
        if answered.asking is None:
            return
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO questions VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    self._hash("chat", chat),
                    answered.message,
                    self._hash("person", person),
                    answered.asking.question,
                    answered.outcome,
                    json.dumps(answered.citations),
                    self._clock(),
                ),
            )

    def logged(self, since: float = 0.0) -> tuple[Logged, ...]:
        """Everything that was asked since ``since`` (seconds since 1970), the oldest first."""
        rows = self._rows(
            "SELECT question, outcome, citations, at, person, EXISTS ("
            " SELECT 1 FROM votes WHERE votes.chat = questions.chat"
            " AND votes.message = questions.message AND NOT good)"
            " FROM questions WHERE at >= ? ORDER BY at, chat, message",
            since,
        )
        return tuple(
            Logged(question, outcome, tuple(json.loads(citations)), at, asker, bool(disliked))
            for question, outcome, citations, at, asker, disliked in rows
        )

    def recent_questions(self, limit: int) -> tuple[str, ...]:
        """The last ``limit`` different questions in words, the newest first."""
        rows = self._rows(
            "SELECT question FROM questions WHERE question NOT LIKE '/%'"
            " GROUP BY question ORDER BY max(at) DESC, question LIMIT ?",
            limit,
        )
        return tuple(question for (question,) in rows)

    def dismiss(self, questions: Iterable[str]) -> None:
        """Note that these questions need no answer."""
        now = self._clock()
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO dismissed VALUES (?, ?)", ((one, now) for one in questions)
            )

    def dismissed(self) -> frozenset[str]:
        """The questions that need no answer, in the words in which they were dismissed."""
        rows = self._rows("SELECT question FROM dismissed")
        return frozenset(question for (question,) in rows)

    def put_in_inbox(self, chat: int, message: int, item: Item) -> None:
        """Note what the bot's ``message`` shows of the inbox."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO inbox VALUES (?, ?, ?, ?, ?)",
                (
                    self._hash("chat", chat),
                    message,
                    json.dumps(item.questions, ensure_ascii=False),
                    item.words,
                    self._clock(),
                ),
            )

    def in_inbox(self, chat: int, message: int) -> Item | None:
        """What the bot's ``message`` shows of the inbox, None where that is not known."""
        rows = self._rows(
            "SELECT questions, words FROM inbox WHERE chat = ? AND message = ?",
            self._hash("chat", chat),
            message,
        )
        return Item(tuple(json.loads(rows[0][0])), str(rows[0][1])) if rows else None

    def votes_since(self, since: float) -> tuple[int, int]:
        """How many votes since ``since`` found an answer good, and how many bad."""
        ((good, bad),) = self._rows(
            "SELECT total(good), count(*) - total(good) FROM votes WHERE at >= ?", since
        )
        return int(good), int(bad)

    # Votes ---------------------------------------------------------------------------------------

    def vote(self, chat: int, message: int, person: int, *, good: bool) -> None:
        """Note what ``person`` thinks of the bot's ``message``; the last word counts."""
        answered = self.answered(chat, message) or Answered(message, 0)
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    self._hash("chat", chat),
                    message,
                    self._hash("person", person),
                    int(good),
                    answered.asking.question if answered.asking else "",
                    json.dumps(answered.citations),
                    self._clock(),
                ),
            )

    def votes(self, chat: int, message: int) -> tuple[int, int]:
        """How many found the bot's ``message`` good, and how many bad."""
        ((good, bad),) = self._rows(
            "SELECT total(good), count(*) - total(good) FROM votes WHERE chat = ? AND message = ?",
            self._hash("chat", chat),
            message,
        )
        return int(good), int(bad)

    # Preferences ---------------------------------------------------------------------------------

    def preferences(self, chat: int) -> Preferences:
        """What ``chat`` has chosen; the defaults where it has not."""
        rows = self._rows("SELECT chosen FROM preferences WHERE chat = ?", self._hash("chat", chat))
        return Preferences(**json.loads(rows[0][0])) if rows else Preferences()

    def choose(self, chat: int, **changes: str | int | bool) -> Preferences:
        """Change some of the preferences of ``chat`` (fields of ``Preferences``) and give all."""
        chosen = replace(self.preferences(chat), **changes)  # type: ignore[arg-type]  # by name
        values = {name: getattr(chosen, name) for name in Preferences.__slots__}
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO preferences VALUES (?, ?)",
                (self._hash("chat", chat), json.dumps(values)),
            )
        return chosen

    def move(self, old: int, new: int) -> None:
        """The group ``old`` has become the supergroup ``new``: its choices move along."""
        with self._transaction() as db:
            db.execute(
                "UPDATE OR REPLACE preferences SET chat = ? WHERE chat = ?",
                (self._hash("chat", new), self._hash("chat", old)),
            )


def _from_context(context: Context | None) -> str:
    if context is None:
        return ""
    return json.dumps([context.question, *context.citation_ids], ensure_ascii=False)


def _to_context(column: str) -> Context | None:
    if not column:
        return None
    question, *citation_ids = json.loads(column)
    return Context(question, tuple(citation_ids))


def _is_damage(error: Exception) -> bool:
    """Whether the file is not as SQLite writes it; above eight bits a code tells what of it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def unusable(folder: Path, error: Exception) -> UnusableState:
    """What to say of a state ``folder`` with which ``error`` happened."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if _is_damage(error):
        return UnusableState(
            f"{folder / FILE} is damaged ({reason}); stop the bot and move it elsewhere:"
            " a new one is begun"
        )
    if "locked" in reason:
        return UnusableState(
            f"another program is writing into {folder / FILE} and does not end;"
            " is there a second bot with this WENJU_STATE?"
        )
    return UnusableState(
        f"the state folder {folder} cannot be used ({reason});"
        " set WENJU_STATE to a folder that can be written"
    )
