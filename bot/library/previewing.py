"""What would a proposed change of the knowledge do, and how is it put into use?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.library.opening import answerer_for, warm
from bot.settings import Settings
from knowledge.aside import load_aside
from knowledge.changes import Change, again
from knowledge.difference import Difference, difference
from knowledge.errors import OutdatedDraft, UnknownRevision
from knowledge.giving_way import giving_way
from knowledge.library import Library
from knowledge.newest import archive_in
from knowledge.revisions import Revision, Revisions, What
from retrieval.answering import Answerer
from retrieval.building import keep_index
from retrieval.evaluation.gate import Consequences, consequences

Progress = Callable[[int, int], None]
ASKED = 200  # questions of readers that are asked again


@dataclass(frozen=True, slots=True)
class Ready:
    """What answers from a draft that was not put into use yet."""

    draft: Revision
    answerer: Answerer

    def to_answer_from(self, draft: Revision) -> Answerer | None:
        """The answerer, if ``draft`` is still the one that it was made of.

        Not where a file could not be read: it may be readable now.
        """
        same = (self.draft.draft, self.draft.files) == (draft.draft, draft.files)
        return self.answerer if same and not self.answerer.library.unread else None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would change: the ``library`` as it would be, and what readers would notice.

    ``ready`` is what would answer, where anything would change.
    """

    draft: Revision
    library: Library
    difference: Difference
    consequences: Consequences
    ready: Ready | None = None


@giving_way()
def propose(shelf: Revisions, id: str, change: Change, *, by: str) -> Revision:  # noqa: A002
    """Make ``change`` the draft ``id``."""
    return shelf.propose(id, change.files, by=by, what=change.what, seen=change.seen)


@giving_way()
def preview(
    settings: Settings,
    draft: Revision,
    before: Answerer,
    asked: Sequence[str],
    progress: Progress,
) -> Preview:
    """What ``draft`` would change for those who are answered by ``before``.

    Takes seconds: call it in a worker thread. ``progress`` is told how many questions of how many
    have been asked again. Raises ``InvalidCatalog`` where the draft cannot be used.
    """
    library = load_aside(draft, archive_in(settings.state))
    told = difference(before.library, library)
    if not told:
        return Preview(draft, library, told, Consequences((), len(asked), ()))
    after = answerer_for(library, settings, settings.state, keep=False)
    warm(after)  # many questions are asked; and so it is ready to be put into use
    noticed = consequences(before, after, asked, progress)
    return Preview(draft, library, told, noticed, Ready(draft, after))


@giving_way()
def remake(settings: Settings, shelf: Revisions, draft: Revision, library: Library) -> Revision:
    """The draft anew, on top of the revision that came in between and has the ``library``.

    Raises ``UnknownDraft`` where it cannot be made again.
    """
    newest = shelf.newest()
    if newest is None:
        return draft
    earlier = None
    if "to" in draft.what.details:
        try:
            earlier = shelf.revision(int(draft.what.details["to"]))
        except (UnknownRevision, ValueError):
            earlier = None
    change = again(draft, newest, settings.knowledge, earlier)
    details = {key: value for key, value in draft.what.details.items() if key != "new"}
    if "new" in draft.what.details and details.get("report") not in library:
        details["new"] = "yes"
    what = What(draft.what.kind, details)
    return propose(shelf, draft.draft, Change(change.files, what, change.seen), by=draft.by)


@giving_way()
def put_into_use(
    settings: Settings,
    shelf: Revisions,
    draft: str,
    *,
    by: str,
    ready: Ready | None = None,
) -> tuple[Revision, Answerer]:
    """Confirm ``draft``; the revision that it became, and what answers from it.

    What is ``ready`` is not made again, if it answers from this draft. Everything that can fail
    comes before the one step that counts. Raises ``OutdatedDraft``, ``UnknownDraft`` and
    ``InvalidCatalog``; then nothing has changed.
    """
    wanted, newest = shelf.draft(draft), shelf.newest()
    if newest is not None and newest.number >= wanted.number:
        raise OutdatedDraft(f"revision {newest.number} came in between")
    answerer = ready.to_answer_from(wanted) if ready else None
    if answerer is None:
        library = load_aside(wanted, archive_in(settings.state))
        answerer = answerer_for(library, settings, settings.state)
        warm(answerer)
    else:
        keep_index(answerer, settings.state)
    return shelf.confirm(draft, by=by), answerer
