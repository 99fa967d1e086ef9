"""Does the bot behave in a private chat? Real process, polling and webhook, question to message."""

from __future__ import annotations

import pytest

from tests.telegram import people
from tests.telegram.conftest import Running
from tests.telegram.conversation import Conversation, Message

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEROES = ["宝音德力格尔", "刘安", "索连红", "宝力格", "包牧仁", "马春雨", "斯日古楞", "霍耀明"]


@pytest.fixture
def chat(both_ways: Running) -> Conversation:
    return both_ways.conversation()


def nothing_quoted(message: Message) -> bool:
    return not message.quotes and not message.citations


# The first minute


async def test_the_start_says_what_it_answers_from_and_dumps_nothing(chat: Conversation) -> None:
    hello = await chat.ask("/start")
    assert "护航奔腾时代 忠诚使命担当" in hello.text
    assert nothing_quoted(hello)
    assert len(hello.text.splitlines()) <= 5
    assert len(hello.buttons) >= 2
    assert {"/hero", "/help"} <= set(hello.marked("bot_command"))


async def test_an_example_question_of_the_start_is_answered_when_tapped(
    chat: Conversation,
) -> None:
    hello = await chat.ask("/start")
    question = hello.buttons[0]["text"]
    mark = chat.server.mark
    await chat.press(hello, question)
    answer = await chat.answer(since=mark)
    assert question in answer.text
    assert answer.quotes


async def test_the_help_lists_every_command_on_one_screen(chat: Conversation) -> None:
    page = await chat.ask("/help")
    commands = ["/ask", "/hero", "/region", "/data", "/term", "/reports", "/outline", "/settings"]
    assert set(commands) <= set(page.marked("bot_command"))
    assert len(page.text.splitlines()) <= 20
    assert nothing_quoted(page)


async def test_a_reader_with_an_english_client_is_spoken_to_in_english(
    both_ways: Running,
) -> None:
    reader = both_ways.conversation("Ann", "en")
    page = await reader.ask("/help")
    assert "Usage" in page.text or "use" in page.text.lower()
    answer = await reader.ask("who is 索连红")
    assert answer.citations == ["热血忠诚 7"]
    assert "paragraph 7" in answer.text


# Questions


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("包头的“三零”是什么？", "放眼全局 3"),
        ("刘安守了多少年", "热血忠诚 6"),
        ("索连红的丈夫是谁", "热血忠诚 7"),
        ("人民群众安全感是多少", "创新驱动 2"),
        ("严禁违规宴请饮酒的规定叫什么", "热血忠诚 2"),
        ("劉安是誰?", "热血忠诚 6"),
        ("郑光照什么时候去的通道街派出所", "凝心铸魂 3"),
    ],
)
async def test_a_question_gets_the_passage_and_its_place(
    chat: Conversation, question: str, place: str
) -> None:
    answer = await chat.ask(question)
    assert answer.citations[0] == place
    assert answer.quotes
    assert answer.marked("bold")


async def test_an_answer_replies_to_its_question(chat: Conversation) -> None:
    mark = chat.server.mark
    asked = chat.say("刘安是谁")
    assert (await chat.answer(since=mark)).replies_to in {asked.id, None}


async def test_a_passage_is_never_shown_twice(chat: Conversation) -> None:
    answer = await chat.ask("包头、通辽、阿拉善三个地方的公安各做了什么")
    assert answer.citations == ["放眼全局 3"]


async def test_two_questions_in_one_message_get_two_places(chat: Conversation) -> None:
    answer = await chat.ask("三个规定是什么？六项规定又是什么？")
    assert {"创新驱动 4", "热血忠诚 2"} <= set(answer.citations)


@pytest.mark.parametrize("question", ["红烧肉怎么做", "今天呼和浩特天气怎么样", "GDP 是多少"])
async def test_what_is_not_in_the_report_is_refused_with_questions_that_are(
    chat: Conversation, question: str
) -> None:
    answer = await chat.ask(question)
    assert "没有找到" in answer.text
    assert "只按报告回答" in answer.text
    assert nothing_quoted(answer)
    assert 1 <= len(answer.buttons) <= 3


async def test_the_words_that_occur_nowhere_are_named(chat: Conversation) -> None:
    assert "全文未出现：“红烧肉”" in (await chat.ask("红烧肉怎么做")).text


async def test_a_suggested_question_is_answered_when_tapped(chat: Conversation) -> None:
    refused = await chat.ask("红烧肉怎么做")
    mark = chat.server.mark
    await chat.press(refused, refused.buttons[0]["text"])
    assert (await chat.answer(since=mark)).quotes


async def test_a_year_that_the_report_does_not_give_is_named(chat: Conversation) -> None:
    answer = await chat.ask("2020年群众安全感是多少")
    assert answer.citations == ["创新驱动 2"]
    assert "90.6%上升到98.3%" in answer.quotes[0]
    assert "2020" in answer.text.split("创新驱动")[0]


async def test_the_name_of_a_hero_in_pinyin_finds_him_or_nobody(chat: Conversation) -> None:
    assert (await chat.ask("baoyin")).citations in (["热血忠诚 5"], [])


# What is not a question


@pytest.mark.parametrize(
    "content", [people.sticker(), people.voice(), people.photo(), people.location()]
)
async def test_what_is_not_text_gets_one_polite_sentence(
    chat: Conversation, content: dict[str, object]
) -> None:
    mark = chat.server.mark
    answer = await chat.ask(content)
    assert answer.text == "我只看得懂文字。请把问题打出来发给我。"
    assert chat.server.made("getFile", since=mark) == []


async def test_a_photos_caption_is_the_question(chat: Conversation) -> None:
    assert (await chat.ask(people.photo("刘安是谁"))).citations == ["热血忠诚 6"]


async def test_a_photos_caption_that_asks_nothing_is_not_answered_with_a_passage(
    chat: Conversation,
) -> None:
    assert nothing_quoted(await chat.ask(people.photo("看看这张图")))


@pytest.mark.parametrize("words", ["谢谢", "谢谢！", "Thanks", "thank you!"])
async def test_thanks_are_answered_in_a_word(chat: Conversation, words: str) -> None:
    answer = await chat.ask(words)
    assert nothing_quoted(answer)
    assert len(answer.text) < 60


@pytest.mark.parametrize("words", ["👍", "？？？", "……", "*_`[](x)", "%s{}\\n"])
async def test_a_message_without_words_gets_a_hint(chat: Conversation, words: str) -> None:
    assert nothing_quoted(await chat.ask(words))


async def test_5000_characters_come_as_two_messages_and_break_nothing(chat: Conversation) -> None:
    mark = chat.server.mark
    first, second = people.parts("刘安是谁？" * 1000)
    chat.say(first)
    too_long = await chat.answer(since=mark)
    assert nothing_quoted(too_long)
    assert "太长" in too_long.text
    assert await chat.ask(second)


# Characters that mean something to somebody


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("<b>三零</b>是什么 & 为什么?", "放眼全局 3"),
        ("刘安</a><i>", "热血忠诚 6"),
        ("*_`[三零](x)", "放眼全局 3"),
        ("刘安'; DROP TABLE questions;--", "热血忠诚 6"),
        ("&lt;刘安&gt; {name} %s ${x}", "热血忠诚 6"),
        ("\u202e刘安\u202c是谁", "热血忠诚 6"),
        ("刘\u200b安是谁", "热血忠诚 6"),
        ("刘安是谁👨‍👩‍👧‍👦𠮷", "热血忠诚 6"),
    ],
)
async def test_markup_and_injection_are_just_text(
    chat: Conversation, words: str, place: str
) -> None:
    assert (await chat.ask(words)).citations[0] == place


async def test_what_was_asked_is_said_back_letter_for_letter(chat: Conversation) -> None:
    answer = await chat.ask("<b>红烧肉</b> & <i>米饭</i>怎么做")
    assert nothing_quoted(answer)
    assert "bold" not in {e["type"] for e in answer.json.get("entities", []) if e["offset"] > 20}


# Topic commands


@pytest.mark.parametrize("command", ["/hero", "/hero ", "/HERO", "/hero\n", "/hero@wenju_test_bot"])
async def test_the_hero_command_lists_all_eight(chat: Conversation, command: str) -> None:
    page = await chat.ask(people.text(command) | {"text": command})
    assert "共 8 人" in page.text
    assert [button["text"].split()[-1] for button in page.buttons][:8] == HEROES


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("/hero 刘安", "热血忠诚 6"),
        ("/HERO 刘安", "热血忠诚 6"),
        ("/hero\n刘安", "热血忠诚 6"),
        ("/hero   刘安  ", "热血忠诚 6"),
        ("/hero@wenju_test_bot 刘安", "热血忠诚 6"),
        ("/hero@WENJU_TEST_BOT 刘安", "热血忠诚 6"),
        ("/hero 劉安", "热血忠诚 6"),
        ("/hero 宝音", "热血忠诚 5"),
        ("/hero baoyin", "热血忠诚 5"),
        ("/hero 包木仁", "热血忠诚 7"),
        ("/英雄 刘安", "热血忠诚 6"),
        ("/region 包头", "放眼全局 3"),
        ("/data 安全感", "创新驱动 2"),
        ("/term 三零", "放眼全局 3"),
    ],
)
async def test_a_topic_with_a_name_quotes_the_passage(
    chat: Conversation, words: str, place: str
) -> None:
    assert (await chat.ask(words)).citations[0] == place


async def test_a_corrected_name_is_said_openly(chat: Conversation) -> None:
    answer = await chat.ask("/hero 包木仁")
    assert "包牧仁" in answer.text.splitlines()[0]
    assert "包木仁" in answer.text.splitlines()[0]


async def test_an_ambiguous_name_asks_which(chat: Conversation) -> None:
    page = await chat.ask("/hero 宝")
    assert nothing_quoted(page)
    assert [button["text"].split()[-1] for button in page.buttons] == ["宝音德力格尔", "宝力格"]


async def test_an_unknown_name_gets_the_list_and_nobody_elses_deeds(chat: Conversation) -> None:
    page = await chat.ask("/hero 刘强")
    assert nothing_quoted(page)
    assert "刘强" in page.text
    assert [button["text"].split()[-1] for button in page.buttons][:8] == HEROES


async def test_a_leader_is_not_listed_as_a_hero(chat: Conversation) -> None:
    assert nothing_quoted(await chat.ask("/hero 郑光照"))


async def test_somebody_only_named_is_said_to_be_only_named(chat: Conversation) -> None:
    answer = await chat.ask("/hero 马春雨")
    assert answer.citations == ["热血忠诚 8"]
    assert "只提到" in answer.text


async def test_a_name_in_the_list_can_be_tapped(chat: Conversation) -> None:
    page = await chat.ask("/hero")
    mark = chat.server.mark
    await chat.press(page, "刘安")
    shown = await chat.next_call(("sendMessage", "editMessageText"), since=mark)
    entry = Message(shown.result)
    assert entry.citations[0] == "热血忠诚 6"
    await chat.press(entry, "名单")
    assert chat.now(entry).text == page.text


async def test_an_unknown_command_is_explained_in_private(chat: Conversation) -> None:
    answer = await chat.ask("/nosuchthing 刘安")
    assert "/help" in answer.text
    assert nothing_quoted(answer)


async def test_a_command_for_another_bot_is_left_alone(both_ways: Running) -> None:
    chat = both_ways.conversation()
    mark = chat.server.mark
    chat.say("/hero@otherbot 刘安")
    answer = await chat.ask("/hero 刘安")
    assert [m.id for m in chat.written(mark)] == [answer.id]


# Going on


async def test_a_reply_is_a_follow_up(chat: Conversation) -> None:
    first = await chat.ask("通辽市公安局做了什么")
    then = await chat.ask("那包头呢?", reply_to=first)
    assert then.citations[0] == "放眼全局 3"
    assert "零干扰" in "".join(then.marked("bold"))


async def test_a_pronoun_means_the_one_before(chat: Conversation) -> None:
    first = await chat.ask("/hero 刘安")
    then = await chat.ask("他守了多少年?", reply_to=first)
    assert then.citations[0] == "热血忠诚 6"
    assert "23年" in "".join(then.marked("bold"))


async def test_what_the_report_does_not_say_is_not_invented_in_a_follow_up(
    chat: Conversation,
) -> None:
    first = await chat.ask("/hero 马春雨")
    then = await chat.ask("他立过什么功?", reply_to=first)
    assert set(then.citations) <= {"热血忠诚 8"}
    assert "只提到“马春雨”" in then.text or "没有找到" in then.text


async def test_a_question_about_something_else_is_not_taken_for_a_follow_up(
    chat: Conversation,
) -> None:
    await chat.ask("包头的“三零”是什么？")
    assert nothing_quoted(await chat.ask("红烧肉怎么做？"))
    assert (await chat.ask("刘安是谁")).citations[0] == "热血忠诚 6"


async def test_an_edited_question_edits_its_answer(chat: Conversation) -> None:
    mark = chat.server.mark
    asked = chat.say("刘安是谁")
    answer = await chat.answer(since=mark)
    call = await chat.edit(asked, "索连红是谁")
    assert call.method == "editMessageText"
    assert chat.now(answer).citations[0] == "热血忠诚 7"
    assert len(chat.written(mark)) == 1


async def test_an_edit_that_changes_nothing_does_not_fail(chat: Conversation) -> None:
    asked_at = chat.server.mark
    asked = chat.say("刘安是谁")
    answer = await chat.answer(since=asked_at)
    await chat.edit(asked, "索连红是谁")
    await chat.edit(asked, "刘安是谁")
    assert chat.now(answer).text == answer.text


async def test_a_quoted_sentence_narrows_the_follow_up_to_its_section(chat: Conversation) -> None:
    first = await chat.ask("/hero 索连红")
    then = await chat.ask("后来传给了谁?", reply_to=first, quote="申请沿用宝力格的警号")
    assert then.citations[0] == "热血忠诚 7"


async def test_a_reply_to_ones_own_words_is_a_question_like_any_other(chat: Conversation) -> None:
    mark = chat.server.mark
    own = chat.say("刘安是谁")
    await chat.answer(since=mark)
    assert (await chat.ask("索连红是谁", reply_to=own)).citations[0] == "热血忠诚 7"


# One's own settings


async def test_the_language_can_be_chosen_for_oneself(chat: Conversation) -> None:
    page = await chat.ask("/settings")
    await chat.press(page, "English")
    assert "paragraph 6" in (await chat.ask("/hero 刘安")).text


async def test_a_short_answer_is_the_answering_sentence_alone(chat: Conversation) -> None:
    page = await chat.ask("/settings")
    await chat.press(page, "只要答句")
    answer = await chat.ask("/hero 刘安")
    assert answer.quotes == answer.marked("bold")
