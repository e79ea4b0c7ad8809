"""The small server that the demo shows its documentation with."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from bot.site_server import PageAddition, serve_site


async def test_pages_are_served_and_nothing_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    site = tmp_path / "site"
    (site / "guide").mkdir(parents=True)
    (site / "index.html").write_text("<h1>Home</h1>")
    (site / "guide" / "index.html").write_text("<h1>Guide</h1>")
    async with serve_site(site) as root, aiohttp.ClientSession() as session:
        for path, status, text in (
            ("", 200, "Home"),
            ("guide/", 200, "Guide"),
            ("missing", 404, ""),
            ("%2e%2e/secret.txt", 404, ""),
            ("..%2fsecret.txt", 404, ""),
        ):
            async with session.get(f"{root}{path}") as response:
                assert response.status == status, path
                assert text in await response.text()


async def test_an_unchanged_page_answers_304(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>Home</h1>")
    async with serve_site(tmp_path) as root, aiohttp.ClientSession() as session:
        async with session.get(root) as first:
            tag = first.headers["ETag"]
        async with session.get(root, headers={"If-None-Match": tag}) as second:
            assert second.status == 304


async def test_html_can_be_added_to_each_page_and_to_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<body><h1>Home &amp; more</h1></body></html>")
    (tmp_path / "part.html").write_text("<p>Part")
    (tmp_path / "style.css").write_text("</body>")
    addition = PageAddition()
    async with serve_site(tmp_path, addition) as root, aiohttp.ClientSession() as session:
        addition.html = "<script src=x></script>"
        for path, text in (
            ("", "<body><h1>Home &amp; more</h1><script src=x></script></body></html>"),
            ("part.html", "<p>Part<script src=x></script>"),
            ("style.css", "</body>"),
        ):
            async with session.get(root + path) as response:
                assert response.status == 200
                assert await response.text() == text
