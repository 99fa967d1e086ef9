from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalog import load_library
from knowledge.library import Library
from knowledge.outline import one_paragraph
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.judging import checks
from retrieval.model import Context, Notice, NoticeKind, Outcome
from retrieval.query.asking import Sought, sought


@pytest.mark.parametrize("counted", ["七项规定", "二项规定", "5项规定"])
def test_another_number_of_the_same_thing_is_another_thing(
    answerer: Answerer, counted: str
) -> None:
    answer = answerer.answer(f"{counted}防止什么?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert Notice(NoticeKind.MISSING, given=counted) in answer.notices


@pytest.mark.parametrize("question", ["3项规定防止什么?", "哪一项规定规范高空作业?"])
def test_the_same_number_and_one_that_only_asks_are_not_missed(
    answerer: Answerer, question: str
) -> None:
    answer = answerer.answer(question)
    assert (answer.outcome, answer.notices) == (Outcome.ANSWERED, ())


def test_an_author_who_names_the_report_is_not_missed_in_its_paragraphs(
    answerer: Answerer,
) -> None:
    answer = answerer.answer("林知秋写的报告里大桥封闭几天?")
    assert answer.outcome is Outcome.ANSWERED
    assert [notice.kind for notice in answer.notices] == [NoticeKind.FILTERED]
    assert "封闭3天" in answer.quotes[0].text


def test_what_is_to_be_counted_out_and_is_not_is_named() -> None:
    passage = checks.Passage("年度报告提出七大体系。", "年度报告提出七大体系。", "")
    assert (
        checks.only_named("“七大体系”是哪七个体系?", Sought.THING, passage, lambda _: None)
        == "七大体系"
    )


def test_a_count_of_something_else_is_no_mention(answerer: Answerer) -> None:
    assert answerer.answer("世界上有哪四大发明?").outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("question", "sentence", "lacking"),
    [
        # In other words, or less exactly, is still told.
        ("文字从哪个时期开始传播?", "在殖民主义时期,文字开始传播。", None),
        ("她何时开始写作?", "九岁的一天,她开始写作。", None),
        ("文字何时开始传播?", "文字开始在全世界传播。", NoticeKind.NO_DATE),
        ("公园占地几英亩?", "城西的公园有92英亩。", None),
        ("公园占地几英亩?", "城西的公园有92个门。", NoticeKind.NO_NUMBER),
        ("他哪年退休?", "张三,23年驻守边境。", NoticeKind.NO_DATE),  # for so many years
        ("他哪年退休?", "张三,1998年退休。", None),
        ("他哪年退休?", "张三于98年退休。", None),
        ("拍到了几只狼?", "拍到雪豹十九次、棕熊三十一次。", NoticeKind.NO_NUMBER),
        ("拍到了几只狼?", "拍到过两次狼。", NoticeKind.NO_NUMBER),  # times, not wolves
        ("拍到了几只狼?", "拍到过狼群,一共三只。", None),
        ("养了几只?", "一共养了三只。", None),
        ("学校排名第几?", "学校名列第四。", None),
        ("学校排名第几?", "学校名列前茅。", NoticeKind.NO_NUMBER),
        ("她当时多大?", "年仅两岁的她登上王位。", None),
        ("她当时多大?", "她有两个姐姐。", NoticeKind.NO_NUMBER),
        ("视网膜中有多少个视杆细胞?", "约有600万视锥细胞和1.25亿视杆细胞。", None),
        ("男女生的比例是多少?", "男女生比例约为1:7。", None),
        # 许多高校 asks nothing, 哪几个 no number, and a company is no 公司所.
        ("许多高校由于哪个革命迁出?", "由于革命,许多高校都被迁出。", None),
        ("列车配属哪几个铁道?", "列车配属东日本铁道和西日本铁道。", None),
        ("词典由哪个公司所出版?", "词典由商务公司出版。", None),
        ("他在哪个派出所工作?", "他在公安局工作。", NoticeKind.NO_PLACE),
        ("张三是哪里人?", "张三说:“机器不会骗人,差一丝就是差一丝。”", NoticeKind.NO_PLACE),
        ("张三是哪里人?", "张三,兴安盟人,守林二十年。", None),
        ("有几对夫妻?", "建了夫妻警务室18个。", NoticeKind.NO_NUMBER),
        ("一共有多少?", "一级英雄模范得到二级奖章。", NoticeKind.NO_NUMBER),  # which, not how many
        ("一共有多少?", "二十级台风,12级大风。", NoticeKind.NO_NUMBER),
        ("一共有多少?", "二十二人得到二级奖章。", None),
        ("安全感是多少?", "推出“三零”服务。", NoticeKind.NO_NUMBER),
        ("他多大了?", "他守了23年。", NoticeKind.NO_NUMBER),
        ("孩子几斤重?", "救护车二十三分钟赶到,母子平安。", NoticeKind.NO_NUMBER),
        ("孩子几斤重?", "孩子重六斤。", None),
        ("她有几个孩子?", "她连续七个月守在车间,带出四个徒弟。", NoticeKind.NO_NUMBER),
        ("来了几个人?", "来了三名民警。", None),
        ("哪年改为自动公用电话?", "1963年改为自动公用电话。", None),
    ],
)
def test_a_sentence_lacks_the_kind_of_answer_only_where_it_says_nothing_of_it(
    question: str, sentence: str, lacking: NoticeKind | None
) -> None:
    passage = checks.Passage(sentence, sentence, "")
    assert checks.lacks(question, sought(question), passage) == lacking


def test_a_year_goes_on_into_the_sentences_after_it() -> None:
    paragraph = "1958年初,形势紧张。1月11日,会议召开。决议通过。"
    year = "会议在哪一年召开?"
    carried = checks.Passage("1月11日,会议召开。", paragraph, "")
    bare = checks.Passage("决议通过。", paragraph, "")
    assert checks.lacks(year, Sought.DATE, carried) is None
    assert checks.lacks(year, Sought.DATE, bare) is NoticeKind.NO_DATE


def test_of_two_paragraphs_as_good_as_each_other_the_one_that_tells_comes_first() -> None:
    texts = (
        "城东水库的坝高是多少米,常有人问起。",
        "新修的城东水库,坝高58米。",
        "市图书馆周末开放。",
        "公园里种了树。",
    )
    reports = (one_paragraph(f"r{n}", "", text) for n, text in enumerate(texts))
    made = build_answerer(Library.from_reports(reports))
    answer = made.answer("城东水库的坝高是多少米?")
    assert (answer.outcome, answer.notices) == (Outcome.ANSWERED, ())
    assert [quote.text for quote in answer.quotes] == [texts[1], texts[0]]
    (nearest,) = made.answer("城东水库的坝宽是多少米,是不是99米?").quotes
    assert nearest.text == texts[0]


def test_somebody_of_nearly_the_same_name_is_somebody_else(answerer: Answerer) -> None:
    answer = answerer.answer("周远方守护大桥多少年?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert Notice(NoticeKind.MISSING, given="周远方") in answer.notices
    assert answerer.answer("周远山守护大桥多少年?").outcome is Outcome.ANSWERED


def test_what_lies_inside_something_missing_is_not_missed_again() -> None:
    passage = checks.Passage("包头建了三所学校。", "包头建了三所学校。", "")
    names = [("鄂尔多", ("鄂尔多",)), ("鄂尔多斯", ("鄂尔多斯",)), ("赤峰", ("赤峰",))]
    assert checks.missing("鄂尔多斯和赤峰建了什么?", names, (), passage) == ("鄂尔多斯", "赤峰")


WORK_REPORT = """\
# 县里的一年

## 交通

云溪大桥于9月28日建成通车,车程由90分钟缩短到35分钟。

## 产业

汽车业务进入三家主机厂的供应商名录。“三公”经费再压减5%。开办一家公司压缩到半个工作日以内。

## 人

罗大锤教徒弟打铁,教了四十年。联系电话0574-86881234,联系人是林婉秋。

县长张三平看望了大家。
"""


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    folder = tmp_path_factory.mktemp("county")
    (folder / "county.md").write_text(WORK_REPORT, encoding="utf-8")
    return build_answerer(load_library(folder))


@pytest.mark.parametrize(
    ("question", "notice"),
    [
        ("云溪大桥全长多少米?", Notice(NoticeKind.NO_NUMBER)),
        ("红石大桥什么时候通车?", Notice(NoticeKind.MISSING, given="红石大桥")),
        ("林婉秋是哪一年出生的?", Notice(NoticeKind.NO_DATE)),
        ("罗大锤的年薪是多少?", Notice(NoticeKind.NO_NUMBER)),
        ("罗大锤是哪里人?", Notice(NoticeKind.NO_PLACE)),
        ("看望大家的书记是谁?", Notice(NoticeKind.MISSING, given="书记")),
        ("王五打铁打了多少年?", Notice(NoticeKind.MISSING, given="王五")),
        ("王五看望了谁?", Notice(NoticeKind.MISSING, given="王五")),
        ("今天大桥堵车吗?", Notice(NoticeKind.MISSING, given="今天")),
    ],
)
def test_what_the_passage_does_not_say_is_not_answered_with_what_it_says(
    county: Answerer, question: str, notice: Notice
) -> None:
    answer = county.answer(question)
    assert (answer.outcome, answer.notices) == (Outcome.NOT_FOUND, (notice,))


def test_how_many_of_them_counts_wherever_the_question_says_it(county: Answerer) -> None:
    answer = county.answer("三家主机厂分别是哪三家?")
    assert (answer.outcome, answer.notices[0].kind) == (
        Outcome.MENTIONED,
        NoticeKind.ONLY_NAMED,
    )


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("云溪大桥什么时候通车?", "云溪大桥于9月28日建成通车"),
        ("三公经费", "“三公”经费再压减5%。"),
        ("开办一家公司要多久?", "半个工作日"),
        ("县长是谁?", "县长张三平"),
        ("目前的县长是谁?", "县长张三平"),
    ],
)
def test_what_it_does_say_is_answered(county: Answerer, question: str, said: str) -> None:
    answer = county.answer(question)
    assert (answer.outcome, answer.notices) == (Outcome.ANSWERED, ())
    assert said in answer.quotes[0].text


def test_what_is_said_of_one_place_is_not_said_of_another(answerer: Answerer) -> None:
    places = [("江城", ("江城",)), ("南岸", ("南岸",)), ("北山", ("北山",))]
    text = "江城桥梁所推行“五级巡查”,发现早、处置快。南岸建起监测网。"
    passage = checks.Passage(text, text, "")
    terms = {"五级巡查"}
    assert checks.said_of_another("南岸的五级巡查怎么做?", places, lambda: terms, passage) == (
        "南岸",
        "五级巡查",
    )
    assert checks.said_of_another("江城的五级巡查怎么做?", places, lambda: terms, passage) is None
    assert checks.said_of_another("南岸的监测网怎么样?", places, lambda: terms, passage) is None
    assert checks.said_of_another("五级巡查怎么做?", places, lambda: terms, passage) is None


def test_a_follow_up_may_ask_of_another_place_what_is_said_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "towns.md").write_text(
        "# 乡镇\n\n东乡推行“三零”机制,零投诉、零事故。西乡把警力下沉到村里,播撒安全种子。\n",
        "utf-8",
    )
    (tmp_path / "catalog.yaml").write_text(
        "reports: [{id: towns, file: towns.md}]\nlexicon: {places: [{name: 东乡}, {name: 西乡}]}\n",
        "utf-8",
    )
    answerer = build_answerer(load_library(tmp_path))
    asked = answerer.answer("西乡的三零机制怎么做?")
    assert (asked.outcome, asked.notices) == (
        Outcome.NOT_FOUND,
        (Notice(NoticeKind.OF_ANOTHER, given="西乡", meant="三零"),),
    )
    first = answerer.answer("东乡的三零机制怎么做?")
    assert first.outcome is Outcome.ANSWERED
    before = Context("东乡的三零机制怎么做?", (first.quotes[0].citation.id,))
    followed = answerer.answer("那西乡呢?", context=before)
    assert followed.outcome is Outcome.ANSWERED
    assert [notice.kind for notice in followed.notices] == [NoticeKind.FOLLOW_UP]


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("隧道运行报告的作者是谁?隧道运行报告的标题叫什么?", ["(许安歌)", "江城隧道运行报告"]),
        ("隧道运行报告的标题和作者分别是什么?", ["江城隧道运行报告", "(许安歌)"]),
        ("隧道运行报告的作者叫什么名字?", ["(许安歌)"]),
    ],
)
def test_title_and_author_are_asked_for_together(
    answerer: Answerer, question: str, quoted: list[str]
) -> None:
    answer = answerer.answer(question)
    assert answer.outcome is Outcome.ANSWERED
    assert [quote.text for quote in answer.quotes] == quoted


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "paragraph", "lacking"),
    [
        ("第一大客户叫什么名字?", "前五名客户占三成,第一大客户占一成。", NoticeKind.NO_NAME),
        ("第一作者是谁?", "其中一篇被撤稿,第一作者两年内不得申报职称。", NoticeKind.NO_PERSON),
        ("第一作者是谁?", "其中一篇被撤稿,第一作者尹若琳不得申报职称。", None),
        ("客户叫什么名字?", "第一大客户是“红石重工”。", None),
        ("大桥是谁封的?", "大桥由交通部门封闭。", None),  # no name, and tells it all the same
        ("大桥叫什么样子?", "大桥封闭三天。", None),
        ("是哪家汽车厂捐的钱?", "余下的是一家汽车厂捐的。", NoticeKind.NO_NAME),
        ("是哪家汽车厂捐的钱?", "余下的是红石汽车厂捐的。", None),
        ("是哪家汽车厂捐的钱?", "余下的是红石重工捐的。", None),
        ("都属于哪个民族?", "都属于这一个民族。", None),
        ("她是哪个大学的学生?", "学生陶小满在帐篷里。", NoticeKind.NO_NAME),
        ("她毕业于哪所大学?", "陶小满毕业于北大。", None),
        ("大桥封闭几天?", "大桥封闭三天。", None),
    ],
)
def test_who_asks_for_a_name_is_told_that_there_is_none(
    question: str, paragraph: str, lacking: NoticeKind | None
) -> None:
    def names(text: str) -> list[str]:
        return [name for name in ("尹若琳", "红石") if name in text]

    passage = checks.Passage(paragraph, paragraph, "作者:尹若琳")
    assert checks.lacks_name(question, sought(question), passage, names) is lacking


@pytest.mark.parametrize(
    ("question", "paragraph", "lacking"),
    [
        ("张三的妹妹叫什么?", "警号传给了儿子张小三。", "妹妹"),
        ("张三的爱人是谁?", "李四是张三的妻子。", None),
        ("张三的儿子多大了?", "张三获奖。", "儿子"),
        ("张三的秘书是谁?", "厅长张三来到派出所。", "秘书"),
        ("兄弟单位有几个?", "有三个单位。", None),
        ("服务平台的网址是什么?", "建成一体化互联网服务平台。", "网址"),
        ("服务平台的网址是什么?", "平台(www.example.cn)已建成。", None),
        ("哪支队伍拿了第一?", "五支队伍参加了比赛。", "拿了第一"),
        ("哪支队伍得了第一名?", "一队夺冠。", None),
        ("第一批有多少人?", "先去了五人。", None),
        ("张三是怎么牺牲的?", "张三壮烈牺牲。", "怎么牺牲"),
        ("张三是怎么牺牲的?", "张三遭遇车祸牺牲。", None),
        ("大桥什么时候竣工?", "大桥2019年开工。", "什么时候竣工"),
        ("大桥什么时候竣工?", "大桥2021年落成。", None),
        ("谁批准了这个申请?", "他递交了申请。", "谁批准"),
        ("这台机器是哪家公司生产的?", "机器重三吨。", "公司"),
        ("这台机器是哪家公司生产的?", "机器由红旗厂制造。", None),
        ("张三获奖后说了什么?", "张三获得一等奖。", "说了什么"),
        ("张三获奖后说了什么?", "张三得知后坦言没有想到。", None),
        ("几点开门?", "每周开放六天。", "几点"),
        ("张三是什么时候从机床厂退休的?", "张三今年61岁。", "什么时候从机床厂退休"),
        ("他受了什么处分?", "他发错了降压药。", "什么处分"),
        ("白茶一斤卖多少钱?", "产值达到23亿元。", "一斤卖多少钱"),
        ("一个人一个月能领多少钱?", "标准提高到780元。", None),
        ("决赛的比分是多少?", "两队打得难解难分。", None),
        ("决赛的比分是多少?", "两队都很努力。", "比分"),
        ("他个子有多大?", "他是司机。", "个子"),
        ("哪个子公司亏了?", "海防工厂赔钱。", None),
        ("有多少执法人员?", "队员三人。", None),
        ("在排行榜上第几?", "列第三位。", None),
        ("铁路贯穿哪几个省?", "途经三省。", None),
        ("改革要抓住哪几点?", "抓住根本。", None),
        ("垃圾做了什么处理?", "全部焚烧。", None),
        ("他受了什么处理?", "他发错了药。", "受了什么处理"),
        ("生的是男孩还是女孩?", "生下一个孩子。", "男孩还是女孩"),
        ("生的是男孩还是女孩?", "生下一个儿子,是男婴。", None),
    ],
)
def test_a_relative_or_a_detail_of_which_nothing_is_told_is_missing(
    question: str, paragraph: str, lacking: str | None
) -> None:
    passage = checks.Passage(paragraph, paragraph, "")
    assert checks.missing_detail(question, passage) == lacking


@pytest.mark.parametrize(
    ("question", "words", "paragraph", "lacking"),
    [
        (
            "西岸主塔下有几个溶洞?",
            ("西岸", "主塔", "溶洞"),
            "东岸主塔下有溶洞二十七个。",
            ("西岸",),
        ),
        ("西岸主塔下有几个溶洞?", ("西岸", "主塔", "溶洞"), "东岸有二十七个,西岸没有。", ()),
        ("银扳手奖有多少奖金?", ("扳手", "奖金"), "设立“金扳手奖”。", ("银扳手",)),
        ("上半年收入多少?", ("半年", "上半年", "收入"), "下半年收入三百万元。", ("上半年",)),
        ("东西放在哪里?", ("东西",), "南面的仓库。", ()),
    ],
)
def test_what_is_told_of_the_counterpart_is_not_told(
    question: str, words: tuple[str, ...], paragraph: str, lacking: tuple[str, ...]
) -> None:
    passage = checks.Passage(paragraph, paragraph, "")
    assert checks.missing_counterpart(question, words, passage) == lacking


@pytest.mark.parametrize(
    ("paragraph", "lacking"),
    [("县政府副主席李四来了。", "主席"), ("目前主席是李四。", None), ("主席李四来了。", None)],
)
def test_a_deputy_does_not_hold_the_office(paragraph: str, lacking: str | None) -> None:
    passage = checks.Passage(paragraph, paragraph, "")
    assert checks.missing_office("县政府主席是谁?", passage, lambda _word: ()) == lacking


def test_what_is_only_named_is_told_in_the_words_of_the_report() -> None:
    passage = checks.Passage("沿黄九省区保护黄河流域。", "沿黄九省区保护黄河流域。", "")
    found = checks.only_named("黄河保护有哪九个省?", Sought.THING, passage, lambda _text: None)
    assert found == "黄河"


def test_tomorrow_is_not_a_day_of_the_report(answerer: Answerer) -> None:
    answer = answerer.answer("明天大桥封闭几天?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert Notice(NoticeKind.MISSING, given="明天") in answer.notices
