"""What would Telegram say? A Bot API server on loopback that forgives nothing.

It long-polls and calls webhooks as the real one does, refuses what the real one refuses and, on
top of that, whatever aiogram's models do not know. Every call is recorded; tests wait for a call
and never for time to pass.

    async with running(Server()) as server:
        chat = server.world.private(server.world.new_person())
        server.deliver(people.message(chat, chat.person, people.text("/start")))
        call = await server.call("sendMessage", chat_id=chat.id)
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.telegram import faults, oracle
from tests.telegram.faults import Break, Fault, Page
from tests.telegram.methods import Methods, StoredFile, Uploads, not_served
from tests.telegram.refusal import Json, Refusal, bad_request, stricter
from tests.telegram.world import Person, World

BOT = Person(7_000_000_001, "问据", None, "wenju_test_bot", is_bot=True)
SECRET = "never-print-this-token-0123456789ab"
TOKEN = f"{BOT.id}:{SECRET}"
PATIENCE = 60.0
"""Seconds that a test waits for a call, of which a busy machine may need many."""

OF_UPDATES = ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo", "logOut", "close")
NOT_UNLESS_ASKED = {"chat_member", "message_reaction", "message_reaction_count"}
WEBHOOK_PORTS = {None, 443, 80, 88, 8443}

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """One request of the bot and what came of it. ``status`` is 0 until it has been answered."""

    number: int
    method: str
    parameters: Json
    uploads: Uploads
    status: int = 0
    result: Any = None
    description: str = ""
    injected: bool = False

    @property
    def refused(self) -> bool:
        """Whether the request itself was at fault, and not the weather."""
        return 400 <= self.status < 409 and not self.injected

    def __str__(self) -> str:
        outcome = self.description or ("ok" if self.status else "unanswered")
        return f"#{self.number} {self.method} {self.parameters} -> {self.status} {outcome}"


@dataclass(slots=True)
class Webhook:
    """Where updates are posted, once the bot has asked for that."""

    url: str
    secret: str
    last_error: str = ""


class Server:
    """One bot's Bot API server. ``port`` and ``address`` are known while it runs."""

    def __init__(self, world: World | None = None, token: str = TOKEN, port: int = 0) -> None:
        self.world = World(BOT) if world is None else world
        self.methods = Methods(self.world)
        self.token = token
        self.port = port
        self.address = ""
        self.patience = PATIENCE
        self.calls: list[Call] = []
        self.expected_refusals: set[str] = set()
        self.pending: deque[Json] = deque()
        self.confirmed = 0
        self.webhook: Webhook | None = None
        self._delivered: dict[int, Json] = {}
        self._numbers = itertools.count(870_000_001)
        self._allowed: frozenset[str] | None = None
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._poll = 0
        self._closing = False
        self._changed = asyncio.Event()

    # For tests: make things happen

    def deliver(self, update: Json) -> bool:
        """Let ``update`` arrive; whether the bot has asked for updates of its kind."""
        numbered = {"update_id": next(self._numbers), **update}
        oracle.update(numbered)
        kind = next(iter(update))
        if kind in NOT_UNLESS_ASKED if self._allowed is None else kind not in self._allowed:
            return False
        self._queue(numbered)
        return True

    def deliver_malformed(self, update: Json) -> None:
        """Let something arrive that is not as the Bot API has it."""
        self._queue({"update_id": next(self._numbers), **update})

    def deliver_again(self, update_id: int) -> None:
        """Let an update arrive a second time, as Telegram does after a crash."""
        self._queue(self._delivered[update_id])

    def _queue(self, numbered: Json) -> None:
        self._delivered[numbered["update_id"]] = numbered
        self.pending.append(numbered)
        self.wake()

    @property
    def last_update_id(self) -> int:
        """The id of the update that was delivered last."""
        return max(self._delivered)

    def fail(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next ``times`` calls of ``method`` fail like this."""
        self._faults[method].extend(itertools.repeat(fault, times))

    def heal(self, method: str) -> None:
        """No more failures of ``method``."""
        self._faults[method].clear()

    # For tests: see what happened

    @property
    def mark(self) -> int:
        """A point in time: the number of the next call."""
        return len(self.calls)

    def made(self, method: str, *, since: int = 0, **parameters: object) -> list[Call]:
        """The calls of ``method`` with at least these ``parameters``."""
        return [
            call
            for call in self.calls[since:]
            if call.method == method
            and all(call.parameters.get(name) == value for name, value in parameters.items())
        ]

    async def call(
        self, method: str, *, since: int = 0, count: int = 1, **parameters: object
    ) -> Call:
        """The ``count``-th call of ``method`` with these parameters, once it has been answered."""

        def found() -> Call | None:
            calls = self.made(method, since=since, **parameters)
            return calls[count - 1] if len(calls) >= count and calls[count - 1].status else None

        return await self.until(found, f"{method} {parameters} (no. {count})", since=since)

    async def until(self, condition: Callable[[], T | None], wanted: str, *, since: int = 0) -> T:
        """What ``condition`` gives as soon as it gives anything; looked at after every change."""
        try:
            async with asyncio.timeout(self.patience):
                while (value := condition()) is None:
                    await self._changed.wait()
                return value
        except TimeoutError:
            raise AssertionError(
                f"no {wanted} within {self.patience} s; {self.story(since)}"
            ) from None

    def story(self, since: int = 0) -> str:
        """What the bot has asked for, for people."""
        told = [str(call) for call in self.calls[since:] if call.method != "getUpdates"]
        polls = len(self.calls[since:]) - len(told)
        return "\n  ".join([f"seen ({polls} getUpdates left out):", *told])

    def refusals(self) -> list[str]:
        """Every request that Telegram would have refused, and no test had said so before."""
        return [
            str(call)
            for call in self.calls
            if call.refused and call.description not in self.expected_refusals
        ]

    def wake(self) -> None:
        """Let everybody who waits look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    # HTTP

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fields, uploads = await _form(request)
        call = Call(len(self.calls), method, {**fields}, uploads)
        self.calls.append(call)
        self.wake()
        try:
            return await self._answer(request, call, fields)
        finally:
            self.wake()

    async def _answer(
        self, request: web.Request, call: Call, fields: dict[str, str]
    ) -> web.StreamResponse:
        try:
            if request.match_info["token"] != self.token:
                known = re.fullmatch(r"\d+:[\w-]{35}", request.match_info["token"])
                raise faults.unauthorized() if known else faults.not_found()
            if call.method not in oracle.METHODS:
                raise faults.not_found()
            call.parameters = oracle.decode(call.method, fields)
            queue = self._faults[call.method]
            fault = queue.popleft() if queue else None
            call.injected = fault is not None
            match fault:
                case Break.HANG:
                    while not self._closing:
                        await self._changed.wait()
                    return self._drop(request, call)
                case Break.BEFORE:
                    return self._drop(request, call)
                case Page(status=status, body=body):
                    call.status, call.description = status, "(a page)"
                    return web.Response(status=status, text=body, content_type="text/html")
                case Refusal():
                    raise fault
                case _:
                    call.result = await self._perform(call)
        except Refusal as refusal:
            call.status, call.description = refusal.code, refusal.description
            return web.json_response(refusal.body, status=refusal.code)
        if fault is Break.AFTER:
            return self._drop(request, call)
        call.status = 200
        return web.json_response({"ok": True, "result": call.result})

    def _drop(self, request: web.Request, call: Call) -> web.StreamResponse:
        call.status, call.description = 499, "(connection dropped)"
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=499)

    async def _perform(self, call: Call) -> Any:  # noqa: ANN401 - whatever the method returns
        try:
            oracle.request(call.method, call.parameters, call.uploads)
        except oracle.Disagreement as error:
            raise stricter(str(error)) from error
        name = re.sub(r"([A-Z])", r"_\1", call.method).lower()
        owner = self if call.method in OF_UPDATES else self.methods
        perform = getattr(owner, name, None)
        if perform is None:
            raise not_served(call.method)
        result = await perform(call.parameters, call.uploads)
        if call.method != "getUpdates":  # they were looked at, unless malformed on purpose
            oracle.result(call.method, result)
        return result

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return web.Response(status=404)
        stored = self.methods.files.get(request.match_info["path"].removeprefix("documents/"))
        return web.Response(status=404) if stored is None else web.Response(body=stored.content)

    # Updates: polling and webhook

    async def get_updates(self, asked: Json, uploads: Uploads) -> list[Json]:
        if self.webhook is not None:
            raise faults.webhook_is_active()
        if "allowed_updates" in asked:
            self._allow(asked["allowed_updates"])
        offset = asked.get("offset", 0)
        self._confirm(offset)
        self._poll += 1
        poll = self._poll
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(asked.get("timeout", 0)):
                self.wake()  # a poll that was waiting before is over
                while not self.pending and poll == self._poll and not self._closing:
                    await self._changed.wait()
        if poll != self._poll:
            raise faults.conflict()
        return list(itertools.islice(self.pending, asked.get("limit", 100)))

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            keep = list(self.pending)[offset:]
        else:
            keep = [update for update in self.pending if update["update_id"] >= offset]
        self.confirmed = max(self.confirmed, offset - 1)
        self.pending = deque(keep)

    def _allow(self, kinds: list[str]) -> None:
        self._allowed = frozenset(kinds) if kinds else None

    async def set_webhook(self, asked: Json, uploads: Uploads) -> bool:
        url = asked["url"]
        secret = asked.get("secret_token", "")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        loopback = url.startswith("http://127.0.0.1:")  # as a self-hosted server allows
        if url and not (loopback or url.startswith("https://")):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if not loopback and urlsplit(url).port not in WEBHOOK_PORTS:
            raise bad_request(
                "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
            )
        if asked.get("drop_pending_updates"):
            self.pending.clear()
        if "allowed_updates" in asked:
            self._allow(asked["allowed_updates"])
        self.webhook = Webhook(url, secret) if url else None
        self._poll += 1
        self.wake()
        return True

    async def delete_webhook(self, asked: Json, uploads: Uploads) -> bool:
        if asked.get("drop_pending_updates"):
            self.pending.clear()
        self.webhook = None
        return True

    async def get_webhook_info(self, asked: Json, uploads: Uploads) -> Json:
        info: Json = {
            "url": "" if self.webhook is None else self.webhook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
        if self.webhook is not None and self.webhook.last_error:
            info["last_error_message"] = self.webhook.last_error
        return info

    async def _post_updates(self) -> None:
        """Post to the webhook what is pending, one after the other, again until it is taken."""
        async with ClientSession(timeout=ClientTimeout(total=PATIENCE)) as session:
            while True:
                while self.webhook is None or not self.pending:
                    await self._changed.wait()
                hook, update = self.webhook, self.pending[0]
                hook.last_error = await _post(session, hook, update)
                if hook.last_error:
                    await asyncio.sleep(0.05)  # Telegram, too, waits before it tries again
                elif self.pending and self.pending[0] is update:
                    self.pending.popleft()
                    self.confirmed = update["update_id"]
                self.wake()

    def let_go(self) -> None:
        """Let go of every caller who waits."""
        self._closing = True
        self.wake()


async def _post(session: ClientSession, hook: Webhook, update: Json) -> str:
    """Post one update; what went wrong, or nothing."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
    try:
        async with session.post(hook.url, json=update, headers=headers) as answer:
            wrong = f"Wrong response from the webhook: {answer.status} {answer.reason}"
            return "" if answer.status == 200 else wrong
    except (ClientError, TimeoutError) as error:
        return f"{type(error).__name__}: {error}"


async def _form(request: web.Request) -> tuple[dict[str, str], dict[str, StoredFile]]:
    fields: dict[str, str] = dict(request.query)
    uploads: dict[str, StoredFile] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            content = value.file.read()
            uploads[name] = StoredFile(value.filename, content, len(content))
        else:
            fields[name] = str(value)
    return fields, uploads


@contextlib.asynccontextmanager
async def running(server: Server) -> AsyncIterator[Server]:
    """Serve on a free port of 127.0.0.1 (or on ``server.port``) until the block is left."""
    app = web.Application(client_max_size=60 * 1024 * 1024)
    app.router.add_route("*", "/bot{token}/{method}", server._handle)
    app.router.add_get("/file/bot{token}/{path:.*}", server._download)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", server.port).start()
    server.port = runner.addresses[0][1]
    server.address = f"http://127.0.0.1:{server.port}"
    posting = asyncio.create_task(server._post_updates())
    try:
        yield server
    finally:
        posting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await posting
        server.let_go()
        await runner.cleanup()
