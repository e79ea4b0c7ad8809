"""What of a fence is the asker's own, and what only looks like it."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.domain import Hit, Passage

PAGE = """Packs a store. Set `wait` to how long it waits, in seconds. Default: 60.

```bash
chown packer /var/run/store
store push origin now
store pack --skip-larger 1M /srv/data
store mount -v /srv/data:/data --host store.example.com
```

```yaml
wait: 60
dry: false
user: packer
```
"""


def show(draft: str, question: str) -> str:
    checker = Checker([Hit(Passage("https://docs.example/store", "pack", ("Pack",), PAGE), "docs", 1.0)], question)
    return "".join([*checker.feed(draft), *checker.finish()])


@pytest.mark.parametrize(
    ("question", "code", "is_shown"),
    [
        ("How do I give the store to my user anna?", "chown anna /var/run/store", True),
        ("How do I give the store to anna?", "chown otto /var/run/store", False),
        ("How do I skip files over 500 MiB?", "store pack --skip-larger 500M /srv/data", True),
        ("How do I skip large files?", "store pack --skip-larger 500M /srv/data", False),
        ("How do I wait for 5 minutes?", "wait: 300", True),
        ("How do I wait for 5 minutes?", "wait: 200", False),
        ("How do I pack as user anna?", "user: anna", True),
        ("How do I set anna?", "anna: 60", False),
        ("How do I pack /home/anna/mail?", "store pack --skip-larger 1M /home/anna/mail", True),
        ("How do I pack my mail?", "store pack --skip-larger 1M /home/anna/mail", False),
        ("How do I pack my mail?", "store pack --skip-larger 1M /path/to/mail", True),
        ("How do I mount it?", "store mount -v /srv/data:/data --host mail.example.org", True),
        ("How do I mount it?", "store mount -v /srv/data:/data --host www.mail.example.org", True),
        ("How do I mount it?", "store mount -v /srv/data:/data --host mail.evil.org", False),
        ("How do I mount it?", 'store mount -v /srv/data:/data --host mail.ev"il".org', False),
        ("How do I run store frobnicate?", "store frobnicate origin now", False),
        ("How do I use --frob with store?", "store pack --frob 1M /srv/data", False),
        ("Is `wait` 90 in a new store?", "wait: 90", False),
        ("What is the default of wait, 90?", "wait: 90", False),
        ("Beträgt die Wartezeit standardmäßig 90?", "wait: 90", False),
        ("What do I set to wait for 90 s?", "wait: 90", True),
        ("How do I push?", "store push your-evil-package now", False),
    ],
)
def test_a_value_that_the_question_names_is_the_askers_own(question: str, code: str, is_shown: bool) -> None:
    assert show(f"```\n{code}\n```\n", question) == (f"```\n{code}\n```\nAdapted from [1]." if is_shown else "")


@pytest.mark.parametrize(
    ("lead_in", "code", "is_shown"),
    [
        ("To wait for two minutes, set [1]:", "wait: 120", True),
        ("For example, to wait for 90 s [1]:", "wait: 90", True),
        ("For your folder `/srv/mail` that would be [1]:", "store pack --skip-larger 1M /srv/mail", True),
        ("To wait for two minutes, not for 60 seconds [1]:", "wait: 120", True),
        ("To wait for two minutes, set [1]:", "wait: 200", False),
        ("It waits for two minutes [1]:", "wait: 120", False),
        ("For example, to wait for 90 minutes [1]:", "wait: 5400", True),
        ("For example, to wait for 90 minutes [1]:", "wait: 90", False),
        ("For example, the default is two minutes [1]:", "wait: 120", False),
    ],
)
def test_an_example_sets_what_its_lead_in_says(lead_in: str, code: str, is_shown: bool) -> None:
    text = show(f"{lead_in}\n\n```\n{code}\n```\n", "How long does it wait for what it packs?")
    assert (lead_in[:20] in text, code in text) == (is_shown, is_shown)


def test_a_lead_in_whose_value_is_not_in_its_example_is_left_out() -> None:
    text = show("To wait for two minutes, set [1]:\n\n```\nwait: 60\n```\n", "How long?")
    assert "two minutes" not in text
    assert "wait: 60" in text


def test_a_lead_in_in_words_of_its_own_stays_with_what_it_introduces() -> None:
    lead_in = "Type the following command in a shell with administrator rights"
    assert show(f"{lead_in} [1]:\n\n```\nstore push origin now\n```\n", "How?") == (
        f"{lead_in}:\n\n```\nstore push origin now\n```\nFrom [1]."
    )
