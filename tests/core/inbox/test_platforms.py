"""What a platform keeps with a question: written as JSON and read back, also from rows of earlier versions."""

from __future__ import annotations

import json

import pytest

from core.inbox.platforms import (
    API,
    CallerDetails,
    DiscordDetails,
    DiscordSecret,
    Platform,
    QuestionDetails,
    SharedFile,
    SlackDetails,
    SlackSecret,
)
from core.inbox.rows import read_details, write_details

SLACK, DISCORD, TOY = Platform.SLACK, Platform.DISCORD, Platform("toy")
FILE = SharedFile("a.log", "text/plain", "https://files.example/a", 3)
OF_SLACK = SlackDetails(
    *(1.5, 2.5, True, "", ("guide",), ("U2", "U3"), (FILE,), True, False, "Ann"), "1.5", "T1", SlackSecret("https://r")
)
OF_DISCORD = DiscordDetails(
    around="8",
    in_thread=True,
    place="8",
    message="9",
    start=True,
    answers="7",
    hint="role",
    secret=DiscordSecret("t", "a"),
)


@pytest.mark.parametrize(
    ("platform", "details"),
    [
        (SLACK, OF_SLACK),
        (SLACK, SlackDetails()),
        (DISCORD, OF_DISCORD),
        (API, CallerDetails(sources=("guide",), version="2", language="de", previous=3)),
        (TOY, QuestionDetails(at=3.0, shared=True)),
    ],
)
def test_details_are_read_as_they_were_written(platform: Platform, details: QuestionDetails) -> None:
    assert read_details(platform, write_details(details)) == details


def test_what_has_its_default_is_not_written_and_what_is_known_to_be_so_is() -> None:
    assert json.loads(write_details(SlackDetails())) == {}
    assert json.loads(write_details(SlackDetails(ts="1.5", shared=False))) == {"ts": "1.5", "shared": False}


@pytest.mark.parametrize(
    ("platform", "written", "details"),
    [
        (
            SLACK,
            '{"ts": "1.5", "in_thread": false, "team": "T1", "secret": {"response_url": "https://r"}}',
            SlackDetails(ts="1.5", team="T1", secret=SlackSecret("https://r")),
        ),
        (
            SLACK,
            '{"ts": "1.5", "at": 1, "edited": 0.0, "authors": ["U2"]}',
            SlackDetails(at=1.0, authors=("U2",), ts="1.5"),
        ),
        (
            DISCORD,
            '{"place": "8", "message": "9", "around": "8", "in_thread": true, "title": "Of before"}',
            DiscordDetails(around="8", in_thread=True, place="8", message="9"),
        ),
        (DISCORD, '{"place": "8", "message": "9", "hint": true}', DiscordDetails(place="8", message="9")),
        (DISCORD, '{"place": "8", "files": [{"kind": "no name"}], "at": null}', DiscordDetails(place="8")),
        (API, '{"sources": ["guide"], "previous": 2}', CallerDetails(sources=("guide",), previous=2)),
        (TOY, '{"at": 3, "place": "its own"}', QuestionDetails(at=3.0)),
    ],
)
def test_rows_of_earlier_versions_are_read(platform: Platform, written: str, details: QuestionDetails) -> None:
    assert read_details(platform, written) == details


def test_a_later_message_in_the_same_place_has_nothing_of_the_first_but_where_it_stands() -> None:
    assert OF_SLACK.keep_place(9.0) == SlackDetails(at=9.0, in_thread=True, ts="1.5", team="T1")
    assert OF_DISCORD.keep_place(9.0) == DiscordDetails(
        at=9.0, around="8", in_thread=True, place="8", message="9", start=True
    )


def test_details_without_their_secret_keep_all_else() -> None:
    for details in (OF_SLACK, OF_DISCORD):
        kept = details.without_secret()
        assert "secret" not in json.loads(write_details(kept))
        assert json.loads(write_details(details)).items() >= json.loads(write_details(kept)).items()


def test_details_of_another_platform_give_what_means_the_same_on_both() -> None:
    assert DiscordDetails.of(QuestionDetails(at=3.0, sources=("guide",))) == DiscordDetails(at=3.0, sources=("guide",))
    assert SlackDetails.of(OF_SLACK) is OF_SLACK
