"""Is it told of every name, however it is written, whether the file lies in the folder?"""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalog import load_library
from knowledge.errors import InvalidCatalog
from knowledge.newest import archive_in, load_newest
from knowledge.snapshot import snapshot
from knowledge.within import Within


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "knowledge"
    for name in ("a.md", "..a.md", "sub/a.md", "other/deep/a.md", "other/a.md", "../outside.md"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text("# 桥\n\n全市共有公路桥128座。\n", encoding="utf-8")
    (made / "link").symlink_to(made / "other/deep")
    (made / "out").symlink_to(tmp_path)
    (made / "out.md").symlink_to(tmp_path / "outside.md")
    return made


INSIDE = ("a.md", "./a.md", "..a.md", "sub/a.md", "sub/../a.md", "link/a.md", "no.md")
OUTSIDE = ("out.md", "./out.md", "sub/../out.md", "out/outside.md", "../outside.md", "a\0.md")
BACK = ("../knowledge/a.md", "link/../a.md", "{}/a.md")


def test_a_file_lies_in_the_folder_if_its_name_and_what_it_leads_to_do(folder: Path) -> None:
    within = Within(folder)
    assert [name for name in (*INSIDE, *OUTSIDE, *BACK) if within(name.format(folder))] == [*INSIDE]
    assert [name for name in OUTSIDE if within.leads_in(name)] == []
    assert [name for name in BACK if within.leads_in(name.format(folder))] == [*BACK]
    for link in ("out.md", "sub/../out.md"):
        assert not within(str(folder / link))
        assert not within.leads_in(str(folder / link))


@pytest.mark.parametrize("link", ["{}/out.md", "../knowledge/out.md"])
def test_no_way_to_write_it_leads_through_a_link_out_of_the_folder(folder: Path, link: str) -> None:
    name = link.format(folder)
    (folder / "catalog.yaml").write_text(f"reports:\n- {{id: a, file: {name}}}\n", "utf-8")
    with pytest.raises(InvalidCatalog, match="is outside the knowledge folder"):
        load_library(folder)


@pytest.mark.parametrize("name", BACK)
def test_a_path_that_does_not_begin_in_the_folder_is_refused_with_what_to_write(
    folder: Path, name: str
) -> None:
    name = name.format(folder)
    (folder / "catalog.yaml").write_text(f"reports:\n- {{id: a, file: {name}}}\n", "utf-8")
    with pytest.raises(InvalidCatalog) as caught:
        load_library(folder)
    assert str(caught.value) == (
        f"catalog.yaml:2: {name} is in the knowledge folder; write its path from there on, as in"
        " reports/lu.md"
    )


@pytest.mark.parametrize("name", ["a.md", "./a.md", "..a.md", "sub/../a.md", "link/a.md"])
def test_of_every_name_that_may_be_listed_a_change_is_seen(
    folder: Path, tmp_path: Path, name: str
) -> None:
    (folder / "catalog.yaml").write_text(f"reports:\n- {{id: a, file: {name}}}\n", "utf-8")
    archive = archive_in(tmp_path / "state")
    before = snapshot(folder)
    assert "128座" in load_newest(folder, None, archive).reports[0].text
    (folder / name).write_text("# 桥\n\n全市共有公路桥129座。\n", encoding="utf-8")
    assert snapshot(folder).digest != before.digest
    assert "129座" in load_newest(folder, None, archive).reports[0].text
