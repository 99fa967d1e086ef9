from __future__ import annotations

import pytest

from knowledge.readers.tables import Cell, heads_of, rows


def grid(*lines: str, bold: int = 0) -> list[list[Cell]]:
    """Cells divided by spaces; “<” goes on with the cell to its left, “^” with the one above."""
    made: list[list[Cell]] = []
    for number, line in enumerate(lines):
        row: list[Cell] = []
        for column, text in enumerate(line.split(" ")):
            if text == "<":
                row.append(row[-1])
            elif text == "^":
                row.append(made[-1][column])
            else:
                row.append(Cell(text.strip("_"), number < bold))
        made.append(row)
    return made


@pytest.mark.parametrize(
    ("lines", "bold", "heads"),
    [
        (["盟市 警务室", "包头 42", "赤峰 65"], 0, 1),
        (["盟市 警务室", "包头 42"], 0, 0),  # one row is not enough to see what a column holds
        (["盟市 所长", "包头 张三", "赤峰 李四"], 0, 0),
        (["盟市 所长", "包头 张三", "赤峰 李四"], 1, 1),
        (["姓名 刘安 性别 男", "年龄 43 民族 蒙古", "学历 本科 职务 所长"], 0, 0),  # a form
        (["姓名 刘安", "单位 支队", "电话 110"], 3, 0),  # all is bold
        (["案件情况 < <", "盟市 发案 破案", "包头 12 11", "赤峰 9 8"], 0, 2),
        (["盟市 2023年 <", "^ 发案 破案", "包头 12 11", "赤峰 9 8"], 0, 2),
        (["指标 2022年 2023年", "发案 12 11", "破案 9 8"], 0, 1),
        (["指标 12 13", "发案 12 11", "破案 9 8"], 0, 0),
        (["届别 召开年份", "一届 1954", "二届 1959"], 0, 0),  # years below: not certain
        (["要坚持政治建警，从严治警。 1", "二 2", "三 3"], 0, 0),
        (["甲 乙"], 1, 0),
    ],
)
def test_the_rows_that_name_the_columns_are_known_or_not(
    lines: list[str], bold: int, heads: int
) -> None:
    assert heads_of(grid(*lines, bold=bold)) == heads


def test_a_row_says_what_its_columns_are() -> None:
    table = grid(
        "案件 < <", "盟市 2023年 <", "^ 发案 破案", "包头 12 11", "赤峰 _ 8", "合计：略 < <"
    )
    assert rows(table, 3) == [
        "", "", "",
        "盟市：包头 | 2023年 发案：12 | 2023年 破案：11",
        "盟市：赤峰 | 2023年 破案：8",
        "合计：略",
    ]  # fmt: skip
    assert rows(grid("Name Years", "Liu 23"), 1) == ["", "Name: Liu | Years: 23"]


def test_a_table_of_heads_alone_keeps_them() -> None:
    assert rows(grid("盟市 警务室", "_ _"), 1) == ["盟市 | 警务室", ""]
