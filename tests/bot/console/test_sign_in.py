"""Signing in to the console, as people do and as those who should not be there try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from bot.console.access import FORM, SESSION
from core.inbox.channels import AuditEntry
from core.inbox.port import Platform
from core.inbox.postgres import open_inbox
from core.inbox.viewer import Viewer
from core.postgres.database import Database
from tests.bot.console.served import (
    ADMIN,
    MACHINE,
    OTHER_ADMIN,
    STRANGER,
    ConsoleClient,
    ServedConsole,
    needs_browser,
    open_browser,
    serve_app,
)

PROXY = {"CONSOLE_TRUSTED_HEADER": "X-Auth-Person", "CONSOLE_TRUSTED_PROXY": "127.0.0.1"}


@pytest.fixture
async def served(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    async with serve_app(dsn, tmp_path) as made:
        yield made


async def new_link(served: ServedConsole, viewer: Viewer = ADMIN) -> str:
    """Return the path of a new link."""
    return f"/sign-in/{await served.console.footnote.access.make_link(viewer)}"


def cookie(client: ConsoleClient, name: str = SESSION) -> str:
    """Return the value of a cookie that the client has, or ""."""
    return next((each.value for each in client.http.cookie_jar if each.key == name), "")


def plant(client: ConsoleClient, cookies: dict[str, str]) -> None:
    """Put cookies into a client."""
    client.http.cookie_jar.update_cookies(cookies, URL("http://127.0.0.1"))


async def who(client: ConsoleClient) -> str:
    """Return whom the console takes the client for; "" for nobody."""
    page = await client.get("/")
    return page.text.partition("Signed in as ")[2].split(" ")[0] if page.status == 200 else ""


async def test_a_link_is_one_button_that_signs_in_the_person_who_asked_for_it(served: ServedConsole) -> None:
    path = await new_link(served)
    async with served.client() as client:
        page = await client.get(path)
        assert page.status == 200
        assert page.html.count("<button") == 1
        answer = await client.post(path, page=path)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert await who(client) == "slack:UADMIN"


async def test_a_link_works_once_and_answers_410_afterwards(served: ServedConsole) -> None:
    path = await new_link(served)
    async with served.client() as client, served.client() as second:
        token = (await second.get(path)).token
        assert (await client.post(path, page=path)).status == 303
        assert (await second.get(path)).status == 410
        assert (await second.send("POST", path, data={"form_token": token})).status == 410
        assert (await second.get(f"{path}/console.css")).status == 410
        assert await who(second) == ""


async def test_of_many_at_once_one_is_signed_in(served: ServedConsole) -> None:
    path = await new_link(served)
    access = served.console.footnote.access
    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(access.sign_in(path.rpartition("/")[2])) for _ in range(20)]
    assert sum(each.result() is not None for each in tries) == 1


async def test_previews_and_scanners_use_up_nothing(served: ServedConsole) -> None:
    path = await new_link(served)
    async with served.client() as bot:
        for method in ("GET", "HEAD", "GET", "HEAD"):
            assert (await bot.send(method, path)).status == 200
        for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
            assert (await bot.send(method, path)).status == 405
        for fields in ({}, {"form_token": ""}, {"form_token": "0" * 64}):
            assert (await bot.send("POST", path, data=fields)).status == 403
    async with served.client() as client:
        assert (await client.post(path, page=path)).status == 303


@pytest.mark.parametrize("path", ["/sign-in/x", "/sign-in/" + "x" * 43, "/sign-in/" + "x" * 500, "/sign-in/%00%ff"])
async def test_a_link_that_never_was_looks_like_one_that_is_over(served: ServedConsole, path: str) -> None:
    async with served.client() as client:
        for method in ("GET", "POST"):
            assert (await client.send(method, path)).status == 410


async def test_a_link_and_a_session_end_by_themselves_and_are_removed(
    served: ServedConsole, database: Database
) -> None:
    path = await new_link(served)
    async with served.client(ADMIN) as client:
        await database.writers.execute("update console_link set expires_at = now()")
        await database.writers.execute("update console_session set expires_at = now()")
        assert (await client.get(path)).status == 410
        assert (await client.get("/")).status == 401
    await new_link(served)
    assert await database.readers.fetchval("select count(*) from console_link") == 1
    assert await database.readers.fetchval("select count(*) from console_session") == 0
    await database.writers.execute("update console_link set expires_at = now()")
    async with open_inbox(database.dsn) as inbox:
        await inbox.tidy(30)
    assert await database.readers.fetchval("select count(*) from console_link") == 0


async def test_who_reads_the_database_can_sign_in_nowhere(served: ServedConsole, database: Database) -> None:
    path = await new_link(served)
    async with served.client(ADMIN) as client:
        rows = [
            *await database.readers.fetch("select * from console_link"),
            *await database.readers.fetch("select * from console_session"),
        ]
        assert len(rows) == 2
        secrets = (path.rpartition("/")[2], cookie(client))
        assert not any(secret in str(dict(row)) for row in rows for secret in secrets)


async def test_signing_out_ends_the_session_everywhere(served: ServedConsole) -> None:
    async with served.client(ADMIN) as client, served.client() as copied:
        plant(copied, {SESSION: cookie(client)})
        assert await who(copied) == "slack:UADMIN"
        answer = await client.post("/sign-out")
        assert answer.status == 200
        assert cookie(client) == ""
        assert await who(copied) == ""


async def test_forget_ends_the_sessions_and_links_of_a_person(served: ServedConsole, database: Database) -> None:
    path = await new_link(served)
    async with served.client(ADMIN) as client, served.client(OTHER_ADMIN) as other:
        async with open_inbox(database.dsn) as inbox:
            await inbox.forget(ADMIN.user)
        assert (await client.get(path)).status == 410
        assert (await who(client), await who(other)) == ("", "discord:7")


async def test_the_session_of_somebody_who_is_no_administrator_any_more_is_none(
    served: ServedConsole, dsn: str, tmp_path: Path
) -> None:
    async with served.client(STRANGER) as client:
        assert await who(client) == ""
    async with served.client(ADMIN) as client:
        secret = cookie(client)
        async with serve_app(dsn, tmp_path, ADMINS="slack:USOMEBODY") as later, later.client() as again:
            plant(again, {SESSION: secret})
            assert await who(again) == ""
            assert (await again.get("/health")).status == 401
        assert await who(client) == "slack:UADMIN"


async def test_any_process_serves_a_session(served: ServedConsole, dsn: str, tmp_path: Path) -> None:
    async with served.client(ADMIN) as client, serve_app(dsn, tmp_path) as replica, replica.client() as there:
        plant(there, {SESSION: cookie(client)})
        assert await who(there) == "slack:UADMIN"


async def test_the_link_of_one_that_another_uses_is_the_first_ones_session(served: ServedConsole) -> None:
    path = await new_link(served, OTHER_ADMIN)
    async with served.client(ADMIN) as client, served.client() as copied:
        before = cookie(client)
        plant(copied, {SESSION: before})
        assert (await client.post(path, page=path)).status == 303
        assert await who(client) == "discord:7"
        assert await who(copied) == "", "the session that the browser had before is over"


async def test_a_session_that_somebody_put_into_a_browser_is_not_taken_over(served: ServedConsole) -> None:
    path = await new_link(served)
    async with served.client() as client:
        plant(client, {SESSION: "planted", FORM: "known"})
        assert (await client.post(path, page=path)).status == 303
        assert cookie(client) not in ("", "planted")
        assert len(cookie(client)) >= 43


async def test_cookies_are_kept_from_scripts_other_sites_and_the_clear(
    served: ServedConsole, dsn: str, tmp_path: Path
) -> None:
    async with served.client() as client:
        path = await new_link(served)
        page = await client.get(path)
        set_form = page.headers["Set-Cookie"]
        assert set_form.startswith(f"{FORM}=")
        async with client.http.post(path, data={"form_token": page.token}, allow_redirects=False) as answer:
            (set_session,) = [each for each in answer.headers.getall("Set-Cookie") if SESSION in each]
        for header in (set_form, set_session):
            for flag in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"):
                assert flag in header
            assert "Domain" not in header
            assert "Secure" not in header, "plain http on this machine"
    async with serve_app(dsn, tmp_path, CONSOLE_URL="https://console.example") as behind, behind.client() as client:
        path = await new_link(behind)
        page = await client.get(path)
        key = page.headers["Set-Cookie"].partition(";")[0]
        assert key.startswith(f"__Host-{FORM}=")
        sent = {"headers": {"Cookie": key, "Origin": "https://console.example"}, "data": {"form_token": page.token}}
        async with client.http.post(path, allow_redirects=False, **sent) as answer:  # type: ignore[arg-type]  # a dict
            (set_session,) = [each for each in answer.headers.getall("Set-Cookie") if SESSION in each]
            assert set_session.startswith(f"__Host-{SESSION}=")
            assert "Secure" in set_session


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_a_form_of_another_site_does_nothing(served: ServedConsole, headers: dict[str, str]) -> None:
    async with served.client(ADMIN) as client:
        token = (await client.get("/")).token
        answer = await client.send("POST", "/sign-out", data={"form_token": token}, headers=headers)
        assert answer.status == 403
        assert await who(client) == "slack:UADMIN"


async def test_a_form_needs_the_token_of_its_session(served: ServedConsole) -> None:
    async with served.client(ADMIN) as client, served.client(OTHER_ADMIN) as other:
        foreign = (await other.get("/")).token
        for token in ("", foreign, "é", "0" * 64, cookie(client)):
            assert (await client.send("POST", "/sign-out", data={"form_token": token})).status == 403
        assert (await client.send("POST", "/sign-out", json={"form_token": "x"})).status == 403
        assert (await client.send("GET", "/sign-out")).status == 405
        assert await who(client) == "slack:UADMIN"


async def test_nobody_is_signed_in_by_a_form_of_another_site(served: ServedConsole) -> None:
    """An attacker who is an administrator, too, has a link, and even its page's token: their cookie is not there."""
    path = await new_link(served, OTHER_ADMIN)
    async with served.client() as attacker, served.client() as victim:
        token = (await attacker.get(path)).token
        assert (await victim.send("POST", path, data={"form_token": token})).status == 403
        assert await who(victim) == ""


HOSTS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "evil.example:80",
    "",
    "127.0.0.1@evil.example",
    "[::1",
    "localhost.evil",
)


@pytest.mark.parametrize("host", HOSTS)
async def test_a_host_that_is_not_ours_sees_nothing(served: ServedConsole, host: str) -> None:
    path = await new_link(served)
    async with served.client(ADMIN) as client:
        for each in ("/", path, "/static/console.css"):
            answer = await client.get(each, headers={"Host": host})
            assert answer.status in (400, 421)
            assert "UADMIN" not in answer.html


async def test_the_hosts_of_this_machine_and_of_the_address_that_is_set_are_ours(
    served: ServedConsole, dsn: str, tmp_path: Path
) -> None:
    async with served.client(ADMIN) as client:
        for host in ("localhost:1", "127.0.0.1", "[::1]:8322"):
            assert (await client.get("/", headers={"Host": host})).status == 200
        assert (await client.get("/", headers={"Host": "console.example"})).status == 421
    async with (
        serve_app(dsn, tmp_path, CONSOLE_URL="https://Console.example:8443") as behind,
        behind.client() as client,
    ):
        assert (await client.get("/", headers={"Host": "console.example:8443"})).status == 401
        spoofed = {"Host": "evil.example", "X-Forwarded-Host": "console.example", "Forwarded": "host=console.example"}
        assert (await client.get("/", headers=spoofed)).status == 421


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/",
        "/\\evil.example",
        "/?next=https://evil.example",
        "/sign-in/x?to=//evil.example",
    ],
)
async def test_no_answer_leads_to_another_site(served: ServedConsole, path: str) -> None:
    async with served.client(ADMIN) as client, served.client() as nobody:
        for each in (client, nobody):
            answer = await each.get(f"{served.url}{path}")
            assert "Location" not in answer.headers
            assert "evil" not in answer.html
        link = await new_link(served)
        answer = await nobody.post(f"{link}?to=https://evil.example", page=link)
        assert answer.headers["Location"] == "/"


async def test_a_person_is_believed_from_the_trusted_proxy_alone(database: Database, dsn: str, tmp_path: Path) -> None:
    async with serve_app(dsn, tmp_path, **PROXY) as served, served.client() as client:
        for value, expected in (
            ("slack:UADMIN", 200), ("Slack:uadmin", 200), ("discord:7", 200), ("slack:USTRANGER", 401), ("", 401),
            ("UADMIN", 401), ("discord:UADMIN", 401), ("slack:UADMIN, slack:U1", 401), ("machine:machine", 401),
        ):  # fmt: skip
            assert (await client.get("/", headers={"X-Auth-Person": value})).status == expected, value
        async with served.client() as fresh:
            assert (await fresh.get("/")).status == 401
        twice = [("X-Auth-Person", "slack:UADMIN"), ("X-Auth-Person", "slack:UADMIN")]
        assert (await client.send("GET", "/", headers=twice)).status == 401
    elsewhere = PROXY | {"CONSOLE_TRUSTED_PROXY": "10.0.0.0/8"}
    async with serve_app(dsn, tmp_path, **elsewhere) as served, served.client() as client:
        forged = {"X-Auth-Person": "slack:UADMIN", "X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1"}
        assert (await client.get("/", headers=forged)).status == 401
    async with serve_app(dsn, tmp_path) as served, served.client() as client:
        assert (await client.get("/", headers={"X-Auth-Person": "slack:UADMIN"})).status == 401


async def test_behind_a_proxy_forms_are_tied_to_a_cookie_all_the_same(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    named = {"X-Auth-Person": "slack:UADMIN"}
    async with serve_app(dsn, tmp_path, **PROXY) as served, served.client() as client, served.client() as other:
        page = await client.get("/", headers=named)
        assert "Sign out" not in page.text
        again = await client.get("/", headers=named)
        assert again.token == page.token
        foreign = (await other.get("/", headers=named)).token
        refused = await client.send("POST", "/sign-out", data={"form_token": foreign}, headers=named)
        assert refused.status == 403
        assert (await client.send("POST", "/sign-out", data={"form_token": page.token}, headers=named)).status == 200


async def test_a_person_of_the_proxy_looks_from_where_they_were_last(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    named = {"X-Auth-Person": "slack:UADMIN"}
    async with serve_app(dsn, tmp_path, **PROXY) as served, served.client() as client:
        footnote = served.console.footnote
        await client.get("/", headers=named)
        first = await footnote.access.find_viewer(cookie(client))
        assert first is not None
        assert (first.name, first.audience) == ("slack:UADMIN", frozenset())
        for tenant, who in (("T7", "UADMIN"), ("T8", "USOMEBODY")):
            await footnote.audit.begin(AuditEntry(Platform.SLACK, tenant, who, "C1", "status", {}))
        async with served.client(OTHER_ADMIN) as other:
            await other.get("/", headers=named)
            later = await footnote.access.find_viewer(cookie(other))
            assert later is not None
            assert (later.name, later.audience) == ("slack:UADMIN", {"slack:T7"})
        await client.get("/", headers=named)
        assert await footnote.access.find_viewer(cookie(client)) == first, "it is kept while it lasts"


async def test_the_user_of_the_machine_sees_all_and_needs_no_name_in_admins(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    async with serve_app(dsn, tmp_path, ADMINS="") as served, served.client(MACHINE) as client:
        assert await who(client) == "machine"
    assert MACHINE.audience is None
    assert ADMIN.audience == {"slack:T1", "slack:T1/C1"}


async def test_a_form_that_is_too_large_is_refused(served: ServedConsole) -> None:
    async with served.client(ADMIN) as client:
        answer = await client.send("POST", "/sign-out", data={"form_token": "x" * 200_000})
        assert answer.status == 413


@needs_browser
@pytest.mark.parametrize("scripts", [True, False])
async def test_a_person_signs_in_and_out_in_a_browser(served: ServedConsole, *, scripts: bool) -> None:
    path = await new_link(served)
    async with open_browser(served, scripts=scripts) as browser:
        await browser.goto(path)
        await browser.page.get_by_role("button", name="Sign in").click()
        await browser.page.wait_for_url(f"{served.url}/")
        await browser.page.get_by_role("button", name="Sign out").click()
        await browser.page.get_by_text("You are signed out").wait_for()
        response = await browser.goto("/")
        assert response.status == 401
        response = await browser.goto(path)
        assert response.status == 410


@needs_browser
async def test_a_keyboard_reaches_the_content_first_and_shows_where_it_is(served: ServedConsole) -> None:
    async with open_browser(served, ADMIN) as browser:
        await browser.goto("/")
        await browser.page.keyboard.press("Tab")
        assert await browser.page.locator(":focus").inner_text() == "Skip to the content"
        assert await browser.page.locator(":focus").evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
        await browser.page.keyboard.press("Enter")
        await browser.page.wait_for_url("**/#main")


@needs_browser
async def test_no_page_of_a_stranger_can_frame_the_console(served: ServedConsole) -> None:
    async with open_browser(served, ADMIN) as browser:
        await browser.goto("/")
        framed = browser.page.main_frame
        await browser.page.evaluate(
            "url => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame) }",
            served.url + "/",
        )
        await asyncio.sleep(0.5)
        assert len(framed.child_frames) == 1
        assert "Today" not in await framed.child_frames[0].content()
        browser.broken.clear()
