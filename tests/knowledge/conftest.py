"""A knowledge folder in which one thing at a time can be spoiled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge.catalog import load_library
from knowledge.errors import InvalidCatalog
from knowledge.library import Library

REPORT = """\
# 草原警事

初心是行动的力量。

## 一线

### 边境

刘安,守边23年。索连红申请沿用丈夫的警号。

阿拉善盟建设警务室18个。

(魏汉中)
"""

CATALOG = """\
reports:
- id: caoyuan
  file: reports/caoyuan.md
  title: 草原警事
  date: '2024'
topics:
- command: hero
  words: [英雄]
  title: {zh: 英模, en: Heroes}
  description: {zh: 报告里的英模}
  entries:
  - name: 刘安
    role: 守边23年
questions: questions.yaml
"""

QUESTIONS = """\
- id: q1
  question: 刘安守了几年?
  answer: 23年
  section: [一线, 边境]
  paragraph: 1
- id: u1
  question: 今天天气怎么样?
  answer: null
"""


@dataclass(frozen=True, slots=True)
class Folder:
    """A knowledge folder on disk that loads until it is spoiled."""

    path: Path

    def write(self, name: str, content: str | bytes) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def load(self) -> Library:
        return load_library(self.path)

    def faults(self) -> list[str]:
        """What is wrong, one fault a line, as ``wenju check`` prints it."""
        with pytest.raises(InvalidCatalog) as caught:
            self.load()
        assert str(caught.value) == "\n".join(map(str, caught.value.faults))
        return str(caught.value).splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A valid folder with one report, one topic and two questions."""
    made = Folder(tmp_path)
    made.write("reports/caoyuan.md", REPORT)
    made.write("catalog.yaml", CATALOG)
    made.write("questions.yaml", QUESTIONS)
    return made
