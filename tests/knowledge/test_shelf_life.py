"""Whatever is proposed, confirmed, discarded and swept in whatever order: is all of it kept?"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from knowledge.errors import OutdatedDraft, UnknownDraft
from knowledge.revisions import DRAFTS_KEPT, NOTE, Content, Revision, Revisions, What

Files = dict[str, bytes]
IDS = st.sampled_from(["a", "b", "c"])
FILES = st.dictionaries(
    st.sampled_from(["catalog.yaml", "reports/x.md", "uploads/y.md"]),
    st.sampled_from([b"one", b"two", b"three"]),
    min_size=1,
)


def read(revision: Revision) -> Files:
    """The files that really lie in a revision's folder."""
    return {
        path.relative_to(revision.folder).as_posix(): path.read_bytes()
        for path in revision.folder.rglob("*")
        if path.is_file() and path.name != NOTE
    }


class Shelf(RuleBasedStateMachine):
    """A shelf beside a model of it: a list of revisions and a few drafts with their parents."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.now = 0.0
        self.shelf = Revisions(self.place / "shelf", clock=lambda: self.now)
        self.revisions: list[Files] = []
        self.drafts: dict[str, tuple[int, float, Files]] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.place)

    @initialize(files=FILES)
    def begin(self, files: Files) -> None:
        self.propose("a", files)
        self.confirm("a")

    @rule(id_=IDS, files=FILES)
    def propose(self, id_: str, files: Files) -> None:
        self.shelf.propose(id_, files, by="7", what=What("upload", {}), seen="s")
        self.drafts[id_] = (len(self.revisions), self.now, files)

    @rule(id_=IDS, name=st.sampled_from(["catalog.yaml", "reports/x.md"]))
    def propose_kept(self, id_: str, name: str) -> None:
        """A draft of files that the shelf has, but for one."""
        files: dict[str, Content] = dict(self.shelf.revision(len(self.revisions)).files)
        files[name] = b"new"
        self.shelf.propose(id_, files, by="7", what=What("upload", {}), seen="s")
        wanted = {**self.revisions[-1], name: b"new"}
        self.drafts[id_] = (len(self.revisions), self.now, wanted)

    @rule(id_=IDS)
    def confirm(self, id_: str) -> None:
        follows, _, files = self.drafts.get(id_, (-1, 0.0, {}))
        try:
            confirmed = self.shelf.confirm(id_, by="8").number
        except UnknownDraft:
            assert follows == -1
        except OutdatedDraft:
            assert 0 <= follows < len(self.revisions)
        else:
            self.revisions.append(files)
            del self.drafts[id_]
            assert confirmed == len(self.revisions)

    @rule(id_=IDS)
    def discard(self, id_: str) -> None:
        assert self.shelf.discard(id_) == (self.drafts.pop(id_, None) is not None)

    @rule(passed=st.sampled_from([0.0, 1.0, DRAFTS_KEPT + 1]))
    def sweep(self, passed: float) -> None:
        self.now += passed
        Revisions(self.place / "shelf", clock=lambda: self.now).sweep()
        kept = self.now - DRAFTS_KEPT
        self.drafts = {id_: draft for id_, draft in self.drafts.items() if draft[1] > kept}

    @invariant()
    def everything_is_there(self) -> None:
        numbers = self.shelf.numbers()
        assert numbers == tuple(range(len(self.revisions), 0, -1))
        assert [read(self.shelf.revision(n)) for n in reversed(numbers)] == self.revisions
        for id_, (_, _, files) in self.drafts.items():
            assert read(self.shelf.draft(id_)) == files


TestShelf = Shelf.TestCase
TestShelf.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
