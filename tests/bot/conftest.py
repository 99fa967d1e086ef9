"""Which knowledge do these tests answer from? One small report, and a topic about its people."""

from __future__ import annotations

import pytest

from bot.library.opening import open_answerer
from bot.settings import Settings, read_settings
from retrieval.answering import Answerer
from tests.telegram.server import TOKEN

REPORT = """# 两地的路

## 山里

### 修路

王小山修了三年路。路通以后,茶叶卖到了山外。

### 架桥

桥有五座,都是李大河带人架的。

## 海边

海边的路是混凝土的,修了两年。
"""
CATALOG = """reports:
- {id: lu, file: reports/lu.md, title: 两地的路, date: '2024'}
lexicon:
  people: [{name: 王小山}, {name: 李大河}]
topics:
- command: who
  words: [人物]
  title: {zh: 人物, en: People}
  description: {zh: 报告里的人, en: People of the report}
  entries:
  - {name: 王小山, role: 王小山修了三年路}
  - {name: 李大河, role: 李大河带人架的}
"""


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "reports").mkdir()
    (folder / "reports" / "lu.md").write_text(REPORT, "utf-8")
    (folder / "catalog.yaml").write_text(CATALOG, "utf-8")
    state = tmp_path_factory.mktemp("state")
    return read_settings(
        {
            "WENJU_TOKEN": TOKEN,
            "WENJU_KNOWLEDGE": str(folder),
            "WENJU_STATE": str(state),
            "WENJU_SEMANTIC": "off",
        }
    )


@pytest.fixture(scope="session")
def answerer(settings: Settings) -> Answerer:
    return open_answerer(settings, settings.state)
