"""Which examples are added to the evidence, and what they may displace."""

from __future__ import annotations

from dataclasses import replace

from core.answer.examples import add_examples
from core.domain import Hit
from tests.fakes import hit

OTHER = "https://docs.example/other"


def ranked(*anchors: str, url: str = "https://docs.example/server") -> list[Hit]:
    return [replace(hit("Words.", url=url, anchor=each), score=1 - at / 10) for at, each in enumerate(anchors)]


def example(anchor: str) -> Hit:
    code = "```js\na()\nb()\nc()\n```"
    return replace(hit(code, url="https://docs.example/server", anchor=anchor), score=1.3)


def anchors(hits: tuple[Hit, ...]) -> list[str]:
    return [each.passage.anchor for each in hits]


def test_an_example_displaces_the_last_passage_of_its_page_and_never_the_first_two() -> None:
    evidence = [*ranked("strict-port", "port", "host"), *ranked("x", "y", url=OTHER)]
    found = add_examples(evidence, [example("quick"), example("more")], evidence[0].passage.url, 3)
    assert anchors(found) == ["strict-port", "port", "quick", "x", "y"]


def test_where_its_page_has_room_an_example_displaces_the_last_of_all() -> None:
    evidence = [*ranked("port"), *ranked("x", "y", "z", url=OTHER)]
    found = add_examples(evidence, [example("quick"), example("more")], evidence[0].passage.url, 3)
    assert anchors(found) == ["port", "x", "quick", "more"]


def test_an_example_is_not_added_where_it_would_displace_one_of_the_first_two() -> None:
    evidence = [*ranked("a", "b"), *ranked("x", "y", url=OTHER)]
    assert anchors(add_examples(evidence, [example("quick")], evidence[0].passage.url, 2)) == ["a", "b", "x", "y"]


def test_the_score_of_an_example_is_of_another_search_and_stays_below_what_is_before_it() -> None:
    evidence = [*ranked("a", "b", "c")]
    found = add_examples(evidence, [example("quick")], evidence[0].passage.url, 3)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
