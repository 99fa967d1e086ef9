"""Does the Bot API server of these tests do and refuse what Telegram does and refuses?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    Message,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from tests.telegram import faults, oracle, people
from tests.telegram.refusal import Json
from tests.telegram.server import BOT, SECRET, TOKEN, Server, running
from tests.telegram.world import Chat, Standing


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(Server()) as one:
        yield one


def client(server: Server, token: str = TOKEN, timeout: float = 5) -> Bot:
    request = HTTPXRequest(read_timeout=timeout, http_version="1.1")
    return Bot(
        token,
        base_url=f"{server.address}/bot",
        base_file_url=f"{server.address}/file/bot",
        request=request,
        get_updates_request=HTTPXRequest(connection_pool_size=4),
    )


@pytest.fixture
async def bot(server: Server) -> AsyncIterator[Bot]:
    async with client(server) as one:
        yield one


@pytest.fixture
def chat(server: Server) -> Chat:
    return server.world.private(server.world.new_person())


def buttons(*data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("按", callback_data=d)] for d in data])


async def raw(server: Server, method: str, token: str = TOKEN, **fields: str) -> Json:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.address}/bot{token}/{method}", data=fields) as answer,
    ):
        body: Json = await answer.json()
        return body


async def test_the_bot_learns_who_it_is(bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.supports_inline_queries) == (BOT.id, BOT.username, True)


# What is written


async def test_html_comes_back_as_text_and_entities(bot: Bot, chat: Chat) -> None:
    message = await bot.send_message(chat.id, "👍<b>刘安</b> &amp; /hero", parse_mode="HTML")
    assert message.text == "👍刘安 & /hero"
    assert message.parse_entities() == {
        message.entities[0]: "刘安",
        message.entities[1]: "/hero",
    }
    assert [entity.type for entity in message.entities] == ["bold", "bot_command"]


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "Message text is empty"),
        (" \n ", "Message text is empty"),
        ("<b></b>", "Message text is empty"),
        ("三" * 4097, "Message is too long"),
        ("👍" * 2049, "Message is too long"),
        (
            "<b>三",
            "Can't parse entities: can't find end tag corresponding to start tag \"b\"",
        ),
    ],
)
async def test_a_text_that_telegram_refuses_is_refused(
    bot: Bot, chat: Chat, text: str, description: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(chat.id, text, parse_mode="HTML")
    assert refused.value.message.lower() == description.lower()


async def test_the_length_counts_after_the_markup_is_gone(bot: Bot, chat: Chat) -> None:
    text = "<b>" + "&lt;" * 4096 + "</b>"
    assert (await bot.send_message(chat.id, text, parse_mode="HTML")).text == "<" * 4096


async def test_a_message_with_more_than_100_marks_is_refused(bot: Bot, chat: Chat) -> None:
    assert await bot.send_message(chat.id, "<b>三</b>零" * 100, parse_mode="HTML")
    with pytest.raises(BadRequest, match="101 entities"):
        await bot.send_message(chat.id, "<b>三</b>零" * 101, parse_mode="HTML")


async def test_callback_data_is_measured_in_bytes(bot: Bot, chat: Chat) -> None:
    await bot.send_message(chat.id, "三零", reply_markup=buttons("三" * 21))
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_message(chat.id, "三零", reply_markup=buttons("三" * 22))


async def test_a_keyboard_holds_100_buttons_and_no_more(bot: Bot, chat: Chat) -> None:
    await bot.send_message(chat.id, "三零", reply_markup=buttons(*map(str, range(100))))
    with pytest.raises(BadRequest, match="Reply markup is too long"):
        await bot.send_message(chat.id, "三零", reply_markup=buttons(*map(str, range(101))))


@pytest.mark.parametrize(
    ("button", "description"),
    [
        (InlineKeyboardButton("抄", copy_text=CopyTextButton("三" * 257)), "copy_text_invalid"),
        (InlineKeyboardButton("开", url="http://localhost/x"), "Wrong HTTP URL"),
        (InlineKeyboardButton("开", url="https://t.me/b?start=三零"), "Start_param_invalid"),
        (
            InlineKeyboardButton("开", url=f"https://t.me/b?start={'a' * 65}"),
            "Start_param_invalid",
        ),
        (InlineKeyboardButton("无"), "Text buttons are unallowed"),
        (InlineKeyboardButton(" ", callback_data="x"), "text must be non-empty"),
    ],
)
async def test_a_button_that_leads_nowhere_is_refused(
    bot: Bot, chat: Chat, button: InlineKeyboardButton, description: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){description}"):
        await bot.send_message(chat.id, "三零", reply_markup=InlineKeyboardMarkup([[button]]))


async def test_a_reply_shows_what_it_replies_to(bot: Bot, server: Server, chat: Chat) -> None:
    assert chat.person is not None
    asked = people.message(chat, chat.person, people.text("三零是什么？"))["message"]
    parameters = ReplyParameters(asked["message_id"], quote="三零")
    answer = await bot.send_message(chat.id, "答", reply_parameters=parameters)
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.text == "三零是什么？"
    assert answer.quote is not None
    assert (answer.quote.text, answer.quote.position) == ("三零", 0)


async def test_a_reply_to_nothing_and_a_quote_of_nothing_are_refused(bot: Bot, chat: Chat) -> None:
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(chat.id, "答", reply_parameters=ReplyParameters(99))
    lenient = ReplyParameters(99, allow_sending_without_reply=True)
    sent = await bot.send_message(chat.id, "答", reply_parameters=lenient)
    wrong = ReplyParameters(sent.message_id, quote="没有")
    with pytest.raises(BadRequest, match="Quote_text_invalid"):
        await bot.send_message(chat.id, "答", reply_parameters=wrong)


async def test_an_answer_lands_in_the_topic_of_the_question(bot: Bot, server: Server) -> None:
    wei = server.world.new_person()
    forum = server.world.supergroup(is_forum=True)
    topic = forum.add_topic("公安", wei)
    asked = people.message(forum, wei, people.text("三零是什么？"), topic=topic)["message"]
    parameters = ReplyParameters(asked["message_id"])
    answer = await bot.send_message(forum.id, "答", reply_parameters=parameters)
    assert (answer.message_thread_id, answer.is_topic_message) == (topic, True)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "答", message_thread_id=1)


@pytest.mark.parametrize(
    ("standing", "error", "description"),
    [
        (Standing.KICKED, Forbidden, "bot was kicked from the supergroup chat"),
        (Standing.NEVER_STARTED, Forbidden, "bot is not a member of the supergroup chat"),
        (Standing.MUTED, BadRequest, "not enough rights"),
    ],
)
async def test_a_group_that_the_bot_may_not_write_to_refuses(
    bot: Bot, server: Server, standing: Standing, error: type[TelegramError], description: str
) -> None:
    group = server.world.supergroup()
    group.standing = standing
    with pytest.raises(error, match=f"(?i){description}"):
        await bot.send_message(group.id, "答")


async def test_strangers_and_people_who_blocked_the_bot_get_nothing(
    bot: Bot, server: Server, chat: Chat
) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(12345, "答")
    stranger = server.world.private(server.world.new_person(), started=False)
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(stranger.id, "答")
    chat.standing = Standing.KICKED
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(chat.id, "答")


async def test_a_group_that_became_a_supergroup_says_where_it_is_now(
    bot: Bot, server: Server
) -> None:
    group, supergroup = server.world.group(), server.world.supergroup()
    people.migration(group, server.world.new_person(), supergroup)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "答")
    assert moved.value.new_chat_id == supergroup.id


# What is edited, deleted, sent as a file


async def test_an_edit_changes_the_message_and_must_change_it(bot: Bot, chat: Chat) -> None:
    sent = await bot.send_message(chat.id, "<b>一</b>", "HTML", reply_markup=buttons("1"))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text(
            "<b>一</b>", chat.id, sent.message_id, parse_mode="HTML", reply_markup=buttons("1")
        )
    plain = await bot.edit_message_text("一", chat.id, sent.message_id)
    assert isinstance(plain, Message)
    assert (plain.text, plain.entities, plain.reply_markup) == ("一", (), None)
    other = buttons("2")
    marked = await bot.edit_message_reply_markup(chat.id, sent.message_id, reply_markup=other)
    assert isinstance(marked, Message)
    assert (marked.text, marked.reply_markup) == ("一", other)


async def test_only_the_bots_own_messages_can_be_edited(bot: Bot, chat: Chat) -> None:
    assert chat.person is not None
    asked = people.message(chat, chat.person, people.text("问"))["message"]
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("答", chat.id, asked["message_id"])
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("答", chat.id, 99)


async def test_an_edit_has_the_limits_of_a_message(bot: Bot, chat: Chat) -> None:
    sent = await bot.send_message(chat.id, "一")
    with pytest.raises(BadRequest, match="Message_too_long"):
        await bot.edit_message_text("三" * 4097, chat.id, sent.message_id)


async def test_a_file_that_was_sent_can_be_downloaded(bot: Bot, server: Server, chat: Chat) -> None:
    sent = await bot.send_document(chat.id, b"# \xe6\x8a\xa5", filename="报.md", caption="一")
    assert sent.document is not None
    assert (sent.document.file_name, sent.caption) == ("报.md", "一")
    stored = await bot.get_file(sent.document.file_id)
    assert await stored.download_as_bytearray() == b"# \xe6\x8a\xa5"


async def test_a_file_over_20_megabytes_cannot_be_downloaded(bot: Bot, server: Server) -> None:
    file_id = server.methods.keep_file("大.md", b"", size=20 * 1024 * 1024 + 1)
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(file_id)


# What answers


async def test_a_press_is_answered_once(bot: Bot, server: Server) -> None:
    query_id = server.methods.open_callback_query()
    with pytest.raises(BadRequest, match="Message_too_long"):
        await bot.answer_callback_query(query_id, "三" * 201)
    assert await bot.answer_callback_query(query_id, "三" * 200)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(query_id)


def article(number: int | str, text: str = "答") -> InlineQueryResultArticle:
    content = InputTextMessageContent(text, parse_mode="HTML")
    return InlineQueryResultArticle(str(number), "题", content)


@pytest.mark.parametrize(
    ("results", "description"),
    [
        ([article(n) for n in range(51)], "Results_too_much"),
        ([article(1), article(1)], "Result_id_duplicate"),
        ([article("三" * 22)], "Result_id_invalid"),
        ([article(1, "<b>")], "Can't parse entities"),
        ([article(1, "三" * 4097)], "Message is too long"),
    ],
)
async def test_a_bad_answer_to_an_inline_query_is_refused(
    bot: Bot, server: Server, results: list[InlineQueryResultArticle], description: str
) -> None:
    query_id = server.methods.open_inline_query()
    with pytest.raises(BadRequest, match=f"(?i){description}"):
        # A page number switches off the cutting that the library does by itself.
        await bot.answer_inline_query(query_id, results, next_offset="")
    assert await bot.answer_inline_query(query_id, [article(n) for n in range(50)], next_offset="")
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_inline_query(query_id, [])


@pytest.mark.parametrize(
    ("menu", "description"),
    [
        ([("Hero", "英雄")], "Bot_command_invalid"),
        ([("英雄", "英雄")], "Bot_command_invalid"),
        ([("h" * 33, "英雄")], "Bot_command_invalid"),
        ([("hero", "")], "Bot_command_description_invalid"),
        ([("hero", "三" * 257)], "Bot_command_description_invalid"),
        ([(f"c{n}", "令") for n in range(101)], "Bot_commands_too_much"),
        ([("hero", "一"), ("hero", "二")], "twice"),
    ],
)
async def test_a_bad_command_menu_is_refused(
    bot: Bot, menu: list[tuple[str, str]], description: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){description}"):
        await bot.set_my_commands([BotCommand(*entry) for entry in menu])


async def test_menus_are_kept_by_scope_and_language(bot: Bot) -> None:
    scope = BotCommandScopeAllPrivateChats()
    await bot.set_my_commands([BotCommand("hero", "英雄")], scope=scope, language_code="zh")
    assert await bot.get_my_commands(scope=scope, language_code="zh") == (
        BotCommand("hero", "英雄"),
    )
    assert await bot.get_my_commands() == ()
    with pytest.raises(BadRequest, match="Lang_code_invalid"):
        await bot.set_my_commands([BotCommand("hero", "英雄")], language_code="zh-hans")


async def test_who_runs_a_group_is_known(bot: Bot, server: Server) -> None:
    wei, li = server.world.new_person("韦"), server.world.new_person("李")
    group = server.world.group(administrators=(wei,))
    people.message(group, li, people.text("好"))
    assert [m.user.id for m in await bot.get_chat_administrators(group.id)] == [wei.id]
    assert (await bot.get_chat_member(group.id, li.id)).status == "member"
    assert (await bot.get_chat_member(group.id, wei.id)).status == "creator"


# Stricter than Telegram


async def test_an_unknown_parameter_is_refused(server: Server, chat: Chat) -> None:
    answer = await raw(server, "sendMessage", chat_id=str(chat.id), text="三", colour="red")
    assert (answer["error_code"], "colour" in answer["description"]) == (400, True)
    assert len(server.refusals()) == 1


async def test_an_unknown_method_is_not_found(server: Server) -> None:
    assert await raw(server, "sendMessages", chat_id="1", text="三") == {
        "ok": False,
        "error_code": 404,
        "description": "Not Found",
    }


async def test_a_method_that_this_server_does_not_serve_says_so(server: Server) -> None:
    assert "does not serve sendDice" in (await raw(server, "sendDice", chat_id="1"))["description"]


# Updates


async def test_an_update_is_given_again_until_an_offset_confirms_it(
    bot: Bot, server: Server, chat: Chat
) -> None:
    assert chat.person is not None
    for words in ("一", "二", "三"):
        assert server.deliver(people.message(chat, chat.person, people.text(words)))
    first = await bot.get_updates(limit=2, timeout=0)
    again = await bot.get_updates(limit=2, timeout=0)
    assert [u.message.text for u in first if u.message] == ["一", "二"]
    assert first == again
    rest = await bot.get_updates(offset=first[1].update_id + 1, timeout=0)
    assert [u.message.text for u in rest if u.message] == ["三"]
    assert server.confirmed == first[1].update_id


async def test_a_long_poll_waits_for_an_update(bot: Bot, server: Server, chat: Chat) -> None:
    assert chat.person is not None
    polling = asyncio.create_task(bot.get_updates(timeout=60))
    await server.until(lambda: server.made("getUpdates") or None, "getUpdates")
    assert not polling.done()
    server.deliver(people.message(chat, chat.person, people.text("一")))
    assert [u.message.text for u in await polling if u.message] == ["一"]


async def test_a_second_poller_ends_the_first(bot: Bot, server: Server) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=60))
    await server.until(lambda: server.made("getUpdates") or None, "getUpdates")
    await bot.get_updates(timeout=0)
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await polling


async def test_kinds_of_updates_that_the_bot_did_not_ask_for_do_not_arrive(
    bot: Bot, server: Server, chat: Chat
) -> None:
    assert chat.person is not None
    await bot.get_updates(timeout=0, allowed_updates=["callback_query"])
    assert not server.deliver(people.message(chat, chat.person, people.text("一")))
    assert await bot.get_updates(timeout=0) == ()
    await bot.get_updates(timeout=0, allowed_updates=[])
    assert server.deliver(people.message(chat, chat.person, people.text("二")))


async def test_an_update_that_no_telegram_would_send_is_not_sent(server: Server) -> None:
    with pytest.raises(oracle.Disagreement, match="bogus"):
        server.deliver({"message": {"message_id": 1, "date": 1, "bogus": 1}})


async def test_a_webhook_gets_updates_with_its_secret_until_it_takes_them(
    bot: Bot, server: Server, chat: Chat
) -> None:
    assert chat.person is not None
    posted: list[tuple[str | None, str]] = []
    all_taken = asyncio.Event()

    async def receive(request: web.Request) -> web.Response:
        update = await request.json()
        posted.append(
            (
                request.headers.get("X-Telegram-Bot-Api-Secret-Token"),
                update["message"]["text"],
            )
        )
        if len(posted) == 3:
            all_taken.set()
        return web.Response(status=500 if len(posted) == 1 else 200)

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        with pytest.raises(BadRequest, match="Secret token contains unallowed"):
            await bot.set_webhook(address, secret_token="三零")
        await bot.set_webhook(address, secret_token="s-1")
        with pytest.raises(Conflict, match="while webhook is active"):
            await bot.get_updates(timeout=0)
        for words in ("一", "二"):
            server.deliver(people.message(chat, chat.person, people.text(words)))
        async with asyncio.timeout(10):
            await all_taken.wait()
    finally:
        await runner.cleanup()
    assert posted == [("s-1", "一"), ("s-1", "一"), ("s-1", "二")]


async def test_a_webhook_on_the_internet_needs_https_and_one_of_four_ports(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="https url must be provided"):
        await bot.set_webhook("http://bot.example/hook")
    with pytest.raises(BadRequest, match="ports 80, 88, 443 or 8443"):
        await bot.set_webhook("https://bot.example:8080/hook")
    assert await bot.set_webhook("https://bot.example:8443/hook")


# Failing on demand


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (faults.too_many_requests(3), RetryAfter, "Flood control exceeded"),
        (faults.internal_error(), NetworkError, "Internal Server Error"),
        (faults.bad_gateway(), NetworkError, "Bad Gateway"),
        (faults.unauthorized(), InvalidToken, "Unauthorized"),
        (faults.blocked(), Forbidden, "bot was blocked by the user"),
        (faults.conflict(), Conflict, "make sure that only one bot instance"),
        (faults.Break.BEFORE, NetworkError, "RemoteProtocolError|ReadError"),
        (faults.Break.AFTER, NetworkError, "RemoteProtocolError|ReadError"),
    ],
)
async def test_a_fault_strikes_as_often_as_told(
    bot: Bot,
    server: Server,
    chat: Chat,
    fault: faults.Fault,
    error: type[TelegramError],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the library warns of its own old way
    server.fail("sendMessage", fault, times=2)
    for _ in range(2):
        with pytest.raises(error, match=message):
            await bot.send_message(chat.id, "一")
    before = len(chat.history)
    assert (await bot.send_message(chat.id, "二")).text == "二"
    assert before == (2 if fault is faults.Break.AFTER else 0)
    assert server.refusals() == []


async def test_a_call_can_hang(server: Server, chat: Chat) -> None:
    server.fail("sendMessage", faults.Break.HANG)
    async with client(server, timeout=0.2) as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(chat.id, "一")


async def test_a_wrong_token_is_told_apart_from_a_malformed_one(server: Server) -> None:
    stranger = f"{BOT.id}:{'x' * len(SECRET)}"
    assert (await raw(server, "getMe", stranger))["description"] == "Unauthorized"
    assert (await raw(server, "getMe", "1:short"))["description"] == "Not Found"


# Waiting


async def test_a_call_that_does_not_come_is_reported_with_what_came(
    bot: Bot, server: Server, chat: Chat
) -> None:
    server.patience = 0.05
    await bot.send_message(chat.id, "一")
    with pytest.raises(AssertionError, match=r"(?s)no answerCallbackQuery.*sendMessage.*'一'"):
        await server.call("answerCallbackQuery")
