"""One client and one account, many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from singer_rest import Pacer, RecordRefused
from tap_trello.account import Account
from tap_trello.client import TrelloClient
from tap_trello.directory import Directory
from tap_trello.quotas import Quotas

from sandbox import credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox

THREADS = 16
MEMBERS = ("annahavblikk", "bardnordhei")


def in_parallel(action: Callable[[int], object], number: int = THREADS) -> list[object]:
    """Call an action in so many threads, which all begin at the same moment."""
    together = threading.Barrier(number)

    def begin(index: int) -> object:
        together.wait(10)
        return action(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(begin, range(number)))


@pytest.fixture
def shared(box: RunningSandbox, client: TrelloClient) -> TrelloClient:
    """A client with the tokens of two further members and the quotas that headers tell."""
    ids = {each["username"]: each["id"] for each in Account(client).members}
    made = TrelloClient(
        credentials.TRELLO_KEY,
        credentials.TRELLO_TOKEN,
        base_url=box.trello_url,
        member_tokens={ids[name]: box.token(name) for name in MEMBERS},
    )
    made.backoff = 0.001
    return made


def clients_of(shared: TrelloClient) -> list[TrelloClient]:
    members = [shared.of_member(each) for each in sorted(shared.members_with_token)]
    return [shared, *(member for member in members if member)]


def test_a_members_client_is_made_once(
    shared: TrelloClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = min(shared.members_with_token)
    make = shared._member_client

    def make_slowly(*args: str) -> TrelloClient:
        threading.Event().wait(0.02)  # so that others ask meanwhile
        return make(*args)

    monkeypatch.setattr(shared, "_member_client", make_slowly)

    assert len({id(each) for each in in_parallel(lambda _: shared.of_member(member))}) == 1


def test_with_one_token_no_request_is_refused_and_none_waits_too_long(
    box: RunningSandbox, shared: TrelloClient
) -> None:
    box.switch(quotas=True, token_limit=30, window_ms=300)
    box.add_fault("latency", system="trello", seconds=0.01)
    shared.quotas.token.limit, shared.quotas.token.window = 30, 0.3
    box.reset_quotas()
    box.reset_requests()
    begun = monotonic()

    in_parallel(lambda _: [shared.get("/members/me/boards", {"fields": "name"}) for _ in range(9)])

    assert box.requests()["trello"]["429"] == 0
    assert monotonic() - begun < 3.0  # 5 windows and a burst: 1.7 s where nothing is lost


def test_with_several_tokens_no_request_is_refused_up_to_the_quota_of_the_key(
    box: RunningSandbox, shared: TrelloClient
) -> None:
    box.switch(quotas=True, token_limit=20, key_limit=40, window_ms=300)
    box.reset_quotas()
    box.reset_requests()
    clients = clients_of(shared)
    for each in clients:
        each.quotas.token.limit, each.quotas.token.window = 20, 0.3
    shared.quotas.key.limit, shared.quotas.key.window = 40, 0.3

    def requests(index: int) -> None:
        for _ in range(9):
            clients[index % 3].get("/members/me/boards", {"fields": "name"})

    in_parallel(requests)

    assert box.requests()["trello"]["429"] == 0


def test_a_token_whose_quota_is_used_up_holds_up_no_other(
    box: RunningSandbox, shared: TrelloClient
) -> None:
    first, second, _ = clients_of(shared)
    shared.quotas.key.limit = 4
    first.quotas.token.block(600.0)
    for _ in range(THREADS):
        threading.Thread(target=first.get, args=("/members/me/boards",), daemon=True).start()
    while len(first.quotas.token._waiting) < THREADS:
        threading.Event().wait(0)
    box.reset_requests()

    for _ in range(4):
        second.get("/members/me/boards", {"fields": "name"})

    assert box.requests()["trello"]["GET"] == 4
    assert second.quotas.key.waited == 0


def test_after_one_429_no_other_thread_draws_one(box: RunningSandbox, config: object) -> None:
    del config
    box.switch(quotas=True, quota_headers=False, token_limit=3, window_ms=400)
    box.reset_quotas()
    client, other = (
        TrelloClient(credentials.TRELLO_KEY, credentials.TRELLO_TOKEN, base_url=box.trello_url)
        for _ in range(2)
    )
    client.backoff = 0.001
    client.quotas.token.window = 0.4
    while monotonic() % 0.4 > 0.1:  # the sandbox's windows begin at multiples of their length
        threading.Event().wait(0.001)
    for _ in range(3):
        other.get("/members/me/boards")
    first = threading.Thread(target=client.get, args=("/members/me/boards",))
    first.start()
    while not box.requests()["trello"]["429"] or not client.quotas.token._waiting:
        threading.Event().wait(0)
    client.quotas.token.limit = 3

    in_parallel(lambda _: client.get("/members/me/boards"), 6)
    first.join()

    assert box.requests()["trello"]["429"] == 1


@pytest.mark.parametrize(
    ("path", "words", "held_up"),
    [
        ("/boards/1", '{"error":"API_KEY_LIMIT_EXCEEDED"}', "key"),
        ("/boards/1", '{"error":"API_TOKEN_LIMIT_EXCEEDED"}', "token"),
        ("/boards/1", '{"error":"API_TOKEN_DB_LIMIT_EXCEEDED"}', "token"),
        ("/members/me", '{"error":"RATE_LIMIT_EXCEEDED"}', "member"),
    ],
)
def test_a_429_holds_up_the_quota_that_its_body_names(
    box: RunningSandbox, path: str, words: str, held_up: str
) -> None:
    del box
    blocked = blocks_of(path, words, {})
    assert {name for name, seconds in blocked.items() if seconds} == {held_up}
    assert blocked[held_up] == {"key": 10.0, "token": 10.0, "member": 180.0}[held_up]


def test_a_429_that_names_none_pauses_the_token_briefly() -> None:
    assert blocks_of("/boards/1", "slow down", {}) == {"key": 0, "token": 0.5, "member": 0}


def test_a_retry_after_says_how_long_to_pause() -> None:
    words = '{"error":"API_KEY_LIMIT_EXCEEDED"}'
    blocked = blocks_of("/boards/1", words, {"retry-after": "3"})
    assert blocked == {"key": 3.0, "token": 0, "member": 0}


def blocks_of(path: str, words: str, headers: dict[str, str]) -> dict[str, float]:
    """Seconds for which each pacer lets nothing through after a 429 with these words."""
    import requests  # noqa: PLC0415 - only here an answer is made by hand

    response = requests.Response()
    response.status_code = 429
    response._content = words.encode()
    response.headers.update(headers)
    blocked = {"key": 0.0, "token": 0.0, "member": 0.0}

    class NotedPacer(Pacer):
        name = ""

        def block(self, seconds: float) -> None:
            blocked[self.name] = seconds

    quotas = Quotas()
    for name in blocked:
        pacer = NotedPacer(100, 900.0 if name == "member" else 10.0)
        pacer.name = name
        setattr(quotas, name, pacer)
    quotas.hold_up(path, response, briefly=0.5)
    return blocked


def test_an_account_reads_each_list_once_whichever_threads_ask(
    box: RunningSandbox, client: TrelloClient
) -> None:
    Account(client).members  # noqa: B018 - to count its requests
    alone = box.requests()["trello"]["GET"]
    box.reset_requests()
    account = Account(client)

    def ask(index: int) -> object:
        wanted = ("members", "trusted_ids", "own_id", "boards", "organizations")[index % 5]
        return account.directory.by_username("nobody"), getattr(account, wanted)

    in_parallel(ask)

    assert box.requests()["trello"]["GET"] == alone


def test_a_directory_is_loaded_once_and_what_was_added_before_is_newer() -> None:
    loads: list[int] = []

    def load() -> list[dict[str, str]]:
        loads.append(1)
        return [{"id": str(n), "username": f"User{n}", "fullName": "old"} for n in range(3)]

    directory = Directory(load)
    directory.add({"id": "1", "username": "renamed", "fullName": "new"})
    assert directory.known("RENAMED") == directory.by_id("1")
    assert directory.known("2") is None
    assert loads == []

    in_parallel(lambda index: directory.by_id(str(index)))
    assert loads == [1]
    assert directory.by_username("user1") is None
    assert directory.by_username("renamed") is not None
    assert directory.by_username("uSER2") == directory.known("2")


def test_a_directory_that_could_not_be_loaded_is_tried_again() -> None:
    answers: list[object] = [RecordRefused("not now"), [{"id": "1", "username": "u"}]]

    def load() -> list[dict[str, str]]:
        answer = answers.pop(0)
        if isinstance(answer, RecordRefused):
            raise answer
        return answer  # type: ignore[return-value]

    directory = Directory(load)
    with pytest.raises(RecordRefused):
        directory.by_id("1")
    assert directory.by_id("1") is not None
