"""What do the tests of finding ask about? Two small reports on bridges, made up for them."""

from __future__ import annotations

from pathlib import Path

BRIDGES = """\
# 江城桥梁养护报告

守望一江清水,养好百座桥梁。

## 一、队伍

养护中心现有职工128名,其中高级工程师16名,分布在三个工区。

周远山,江城大桥养护所所长,从事桥梁养护31年。2019年,他获评全国劳动模范。所里的年轻人都说:“跟着他,心里踏实。”

陈若兰,养护所青年工程师,周远山的徒弟,负责南岸斜拉桥的索力监测。

乌日娜图雅,北山隧道值守班班长,带领全班连续七年零事故。

## 二、工程

### （一）江城大桥

江城大桥建成于1957年,全长1670米。2023年完成全桥涂装,用漆260吨。

由于连续暴雨,6月18日起大桥封闭3天。

### （二）南岸斜拉桥

南岸斜拉桥共有拉索136根,每根拉索都装有传感器,监测数据每10分钟上传一次。

## 三、制度

严格落实“三项规定”,防止超载车辆上桥。推行“六项规定”,规范高空作业。

“五级巡查”制度全面推开,病害发现率提高到百分之九十五。

(林知秋)
"""

TUNNELS = """\
# 江城隧道运行报告

## 通风

北山隧道安装射流风机42台,能见度达标率98.3%。

## 照明

隧道照明全部换成节能灯,每年节电90万千瓦时。

(许安歌)
"""

CATALOG = """\
reports:
- id: bridges
  file: reports/bridges.md
  title: 江城桥梁养护报告
  authors: [林知秋]
  date: '2024'
  bylines: [(林知秋)]
- id: tunnels
  file: reports/tunnels.md
  title: 江城隧道运行报告
  authors: [许安歌]
  date: '2022'
  bylines: [(许安歌)]
lexicon:
  people:
  - {name: 周远山, aliases: [老周]}
  - {name: 陈若兰}
  - {name: 乌日娜图雅}
  - {name: 林知秋}
  - {name: 许安歌}
  places:
  - {name: 江城}
  - {name: 南岸}
  - {name: 北山}
  terms:
  - {name: 南岸斜拉桥}
  - {name: 北山隧道}
  - {name: 六项规定}
  - {name: 三项规定}
synonyms:
- [所长, 一把手]
- [涂装, 刷漆]
topics:
- command: people
  words: [人物]
  title: {zh: 人物, en: People}
  description: {zh: 报告里的人}
  entries:
  - name: 周远山
    aliases: [老周, 所里人]
    role: 从事桥梁养护31年
  - name: 陈若兰
    aliases: [所里人]
    role: 周远山的徒弟
  - name: 乌日娜图雅
    role: 北山隧道值守班班长
- command: rules
  words: [制度]
  title: {zh: 制度}
  description: {zh: 报告里的制度}
  entries:
  - name: 五级巡查
    role: “五级巡查”制度全面推开
    only_named: true
  - name: 三项规定
    role: 防止超载车辆上桥
  - name: 六项规定
    role: 规范高空作业
questions: questions.yaml
"""

QUESTIONS = """\
- id: q1
  question: 江城大桥有多长?
  kind: exact
  topic: number
  answer: 全长1670米
  section: [二、工程, （一）江城大桥]
  paragraph: 1
- id: q2
  question: 大桥为什么封闭?
  kind: exact
  topic: reason
  answer: 连续暴雨
  section: [二、工程, （一）江城大桥]
  paragraph: 2
- id: q3
  question: 桥梁报告的作者是谁?
  kind: exact
  topic: author
  answer: 林知秋
  section_id: author
  section: null
  paragraph: 0
  report: bridges
- id: q4
  question: 三项规定、六项规定各管什么?
  kind: multi
  topic: term
  answer: 防止超载车辆上桥
  section: [三、制度]
  paragraph: 1
  parts:
  - answer: 防止超载车辆上桥
    section: [三、制度]
    paragraph: 1
  - answer: 规范高空作业
    section: [三、制度]
    paragraph: 1
- id: u1
  question: 怎样烤一只火鸡?
  topic: off_topic
  answer: null
- id: u2
  question: 周远山今年多大年纪?
  topic: near_miss
  answer: null
  nearest: {section: [一、队伍], paragraph: 2}
"""


def write(folder: Path) -> Path:
    """The knowledge folder, complete, in ``folder``."""
    for name, content in {
        "reports/bridges.md": BRIDGES,
        "reports/tunnels.md": TUNNELS,
        "catalog.yaml": CATALOG,
        "questions.yaml": QUESTIONS,
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return folder
