from __future__ import annotations

import gc
from pathlib import Path

import pytest

from knowledge import made_before
from knowledge.catalog import load_library

CATALOG = """\
reports:
  - id: bridge
    file: reports/bridge.md
  - id: ferry
    file: reports/ferry.md
    region: {region}
"""


def write(
    folder: Path, *, ferry: str = "渡船停航。", region: str = "南岸", catalog: bool = True
) -> None:
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports/bridge.md").write_text("# 大桥\n\n封闭三天。\n", encoding="utf-8")
    (folder / "reports/ferry.md").write_text(f"# 渡口\n\n{ferry}\n", encoding="utf-8")
    if catalog:
        (folder / "catalog.yaml").write_text(CATALOG.format(region=region), encoding="utf-8")


@pytest.mark.parametrize("catalog", [True, False])
def test_a_library_read_again_shares_the_reports_that_did_not_change(
    tmp_path: Path, catalog: bool
) -> None:
    write(tmp_path, catalog=catalog)
    first = load_library(tmp_path)
    write(tmp_path, catalog=catalog, ferry="渡船复航。")
    second = load_library(tmp_path)
    assert second.report("bridge") is first.report("bridge")
    assert second.volumes[0] is first.volumes[0]
    assert second.report("ferry").text == "渡口\n渡船复航。"
    assert first.report("ferry").text == "渡口\n渡船停航。"


def test_a_report_of_which_the_catalog_says_something_else_is_another(tmp_path: Path) -> None:
    write(tmp_path)
    first = load_library(tmp_path)
    write(tmp_path, region="北岸")
    second = load_library(tmp_path)
    assert (first.report("ferry").region, second.report("ferry").region) == ("南岸", "北岸")
    assert second.report("bridge") is first.report("bridge")


def test_what_no_library_has_any_more_is_forgotten(tmp_path: Path) -> None:
    write(tmp_path)
    gc.collect()  # what earlier tests left must not go in between
    before = len(made_before._IN_USE)
    library = load_library(tmp_path)
    assert len(made_before._IN_USE) == before + 2
    del library
    gc.collect()
    assert len(made_before._IN_USE) == before
