from __future__ import annotations

from retrieval.parameters import PARAMETERS
from retrieval.query.glosses import explained_alike


def test_every_word_of_the_file_is_found_and_no_part_of_one() -> None:
    lines = (PARAMETERS / "glosses.txt").read_text("utf-8").splitlines()
    listed = dict(line.split(" ", 1) for line in lines if not line.startswith("#"))
    assert {word: " ".join(explained_alike(word)) for word in listed} == listed
    parts = {word[:-1] for word in listed} | {f"{word}们" for word in listed}
    assert not any(map(explained_alike, parts - listed.keys()))
