"""What a model writes that is no answer: thoughts and the control tokens of its template, taken out of the stream.

    "<think>Let me see [1]…</thi", "nk>\\n\\nCall `it` [1]."           ->  "\\n\\nCall `it` [1]."
    "Let me see.\\n</think>\\n", "Call `it` [1]."                      ->  "Let me see.\\n", restarted, "Call `it` [1]."
    "Hm.<|end|><|start|>assistant<|channel|>final<|message|>Call it."  ->  "Hm.", restarted, "Call it."
    "Call `it` [1].<|im_end|>\\n<|im_start|>user\\nAnd then?"          ->  "Call `it` [1]."

A server with a parser for a model's template sends thoughts in a field that nobody reads, and no control tokens. One
without it (llama.cpp or vLLM as they start by default) leaves both in the text. A thought is taken out at the head: an
answer may mention such a tag further on. A template that opens the thought in the prompt leaves only its end in the
text; what came before it was no draft, which is known when the end comes (`DraftRestarted`), and remembered for the
next answer. What looks like a control token stays where a passage holds it: then it is documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto
from typing import TypeAlias

from core.ports import DraftRestarted

Filtered: TypeAlias = str | DraftRestarted

_THOUGHT = r"(?:[a-z]{1,12}:)?(?P<name>think|thinking|thoughts?|reasoning|reflection|scratchpad)"
_TOKEN = re.compile(
    rf"(?P<open>[<\[◁])(?P<slash>/?){_THOUGHT}[>\]▷]"
    r"|<[|｜](?P<control>[^<>|｜\n]{1,40})[|｜]>|<\|(?P<left>[a-z_]{1,30})>|<(?P<right>[a-z_]{1,30})\|>"
    r"|<(?P<plain>/?s|eos|bos|pad|unk|end_of_turn|start_of_turn)>|\[(?P<inst>/?INST)\]",
    re.IGNORECASE,
)
_BRACKETED = tuple(f"[{slash}{name}]" for slash in ("", "/") for name in ("think", "thinking", "reasoning", "inst"))
_PARTIAL = re.compile(r"<(?:[|｜][^<>\n]{0,42}|/?[a-z_:]{0,31}\|?)?$|◁/?[a-z]{0,10}$|\[/?[a-z]{0,10}$", re.IGNORECASE)
_END = re.compile(r"end|eo[tms]|return|stop|call|^/s$")
_SILENT = re.compile(r"think|thought|reason|^inner_")
_STRIPPED = re.compile(r"analysis(?=[A-Z\"'])")
"""Harmony whose tokens were left out on the way: `analysisThey ask ...assistantfinalCall it.`"""

_ALOUD = re.compile(
    r"(?:(?:okay|ok|alright|all right|hmm+|so|well|first|wait)[,.:]|let(?:'s| me| us)\b"
    r"|(?:the )?user (?:asks|asked|is|wants)|they (?:ask|want)|(?:we|i) (?:need|have|should|must|are|am|will|can)\b"
    r"|(?:here'?s a |my )?thinking process|好的|嗯|首先|用户)",
    re.IGNORECASE,
)
"""How thoughts begin whose tag the prompt opened; answers are asked to begin with the answer. Such a text is held."""

_LONGEST_ALOUD = 24
_STRIPPED_FINAL = "assistantfinal"
_LINE = 200


class _Mode(Enum):
    TEXT = auto()
    THOUGHT = auto()
    HEADER = auto()
    ENDED = auto()
    WAITING = auto()
    """All is held: it is a thought if its end comes, else it was the answer."""


class ReasoningFilter:
    """Takes what is no answer out of one answer, whose pieces it gets in their order.

    `known`: the text of the passages. `opened`: earlier answers of this model began within a thought.
    `opened_by_template` becomes true where this one did.
    """

    def __init__(self, known: str = "", *, opened: bool = False) -> None:
        self._known = frozenset(match.group().lower() for match in _TOKEN.finditer(known))
        self._mode = _Mode.WAITING if opened else _Mode.TEXT
        self._held = self._header = self._closer = ""
        self._line = "\n"
        self._written = False
        self._struck = False
        self._settled = opened
        self.opened_by_template = False

    def feed(self, piece: str) -> list[Filtered]:
        """Return what to pass on: text, and where the draft begins again."""
        self._held += piece
        out: list[Filtered] = []
        if not self._settle_head():
            return out
        while (token := _TOKEN.search(self._held)) is not None:
            if self._mode is _Mode.WAITING and not self._ends_thought(token):
                later = next((each for each in _TOKEN.finditer(self._held) if self._ends_thought(each)), None)
                if later is None:
                    return out
                token = later
            before, self._held = self._held[: token.start()], self._held[token.end() :]
            self._pass(before, out)
            self._act(token, out)
        self._pass_settled(out)
        return _joined(out)

    def finish(self) -> list[Filtered]:
        """Return, at the end of the answer, the text that was held back and turned out to be no thought."""
        out: list[Filtered] = []
        if not self._settled and self._settle_head(final=True):
            out += self.feed("")
        if self._mode is _Mode.WAITING:
            self._mode = _Mode.TEXT
        held, self._held = self._held, ""
        self._pass(held, out)
        return _joined(out)

    def _settle_head(self, *, final: bool = False) -> bool:
        """Return whether it is known how the text begins, and hold all of it where that may be a thought."""
        head = self._held.lstrip()
        if self._settled:
            return True
        if len(head) < _LONGEST_ALOUD and not final and not _TOKEN.search(head):
            return False
        if _STRIPPED.match(head):
            self._mode, self._closer = _Mode.WAITING, _STRIPPED_FINAL
        elif _ALOUD.match(head):
            self._mode = _Mode.WAITING
        self._settled = True
        return True

    def _pass_settled(self, out: list[Filtered]) -> None:
        """Pass on what cannot become part of a token any more."""
        if self._mode is _Mode.WAITING:
            _, found, after = self._held.partition(self._closer) if self._closer else ("", "", "")
            if found:
                self._mode, self._held, self._closer = _Mode.TEXT, after, ""
            return
        partial = _PARTIAL.search(self._held)
        if partial and partial.group()[0] == "[" and not _may_be_bracketed(partial.group()):
            partial = None
        cut = partial.start() if partial else len(self._held)
        text, self._held = self._held[:cut], self._held[cut:]
        self._pass(text, out)

    def _pass(self, text: str, out: list[Filtered]) -> None:
        if self._mode is _Mode.HEADER:
            header, newline, rest = text.partition("\n") if self._header_ends_with_line() else (text, "", "")
            self._header += header
            if newline:
                self._begin_message(out)
            text = rest
        if self._mode is not _Mode.TEXT or not text:
            return
        self._written = self._written or bool(text.strip())
        self._line = (self._line + text)[-_LINE:]
        out.append(text)

    def _act(self, token: re.Match[str], out: list[Filtered]) -> None:
        word = (token["control"] or token["left"] or token["right"] or token["plain"] or token["inst"] or "").lower()
        if token["name"]:
            self._act_on_thought(token, out)
        elif self._mode is _Mode.TEXT and self._is_text(token, word):
            self._pass(token.group(), out)
        elif _SILENT.search(word):
            self._act_on_silence(out, ends=bool(_END.search(word) or word.endswith("suffix")))
        elif word == "channel" and token["left"]:
            self._mode, self._closer = _Mode.THOUGHT, "channel|"
        elif word == "channel" and token["right"]:
            self._end_thought(out)
        else:
            self._act_on_template(word, out)

    def _act_on_thought(self, token: re.Match[str], out: list[Filtered]) -> None:
        """Act on `<think>`, `[/THINK]` and their like."""
        closer = f"{token['open']}/{token['name'].lower()}"
        if self._mode is _Mode.THOUGHT:
            if token["slash"] and closer == self._closer:
                self._mode, self._closer, self._written = _Mode.TEXT, "", False
        elif self._mode is _Mode.TEXT and not token["slash"] and not self._written:
            self._mode, self._closer = _Mode.THOUGHT, closer
        elif self._ends_thought(token):
            self.opened_by_template = True
            self._end_thought(out)
        else:
            self._pass(token.group(), out)

    def _ends_thought(self, token: re.Match[str]) -> bool:
        """Return whether this is the end of a thought that the prompt opened, rather than a word about such tags."""
        if not token["name"] or not token["slash"]:
            return False
        before = self._line + self._held[: token.start()] if self._mode is _Mode.WAITING else self._line
        begins_line = not before.rpartition("\n")[2].strip()
        return begins_line or (not before.endswith("`") and token.group().lower() not in self._known)

    def _act_on_silence(self, out: list[Filtered], *, ends: bool) -> None:
        """Act on control tokens around a thought: `<|START_THINKING|>`, `<|inner_suffix|>`."""
        if ends:
            self._end_thought(out)
        else:
            self._mode, self._closer = _Mode.THOUGHT, ""

    def _end_thought(self, out: list[Filtered]) -> None:
        if self._written:
            out.append(DraftRestarted())
        self._mode, self._closer, self._written, self._line = _Mode.TEXT, "", False, "\n"

    def _act_on_template(self, word: str, out: list[Filtered]) -> None:
        """Act on tokens that begin or end a message or a part of it."""
        match word:
            case "channel" | "start" | "start_header_id" | "im_start" | "start_of_turn" | "turn":
                if word == "channel" or self._mode is not _Mode.THOUGHT:
                    self._mode, self._header, self._closer = _Mode.HEADER, "", word
            case "message" | "end_header_id":
                if self._mode is _Mode.HEADER:
                    self._begin_message(out)
            case "inst":
                self._mode = _Mode.ENDED
            case _ if _END.search(word) and self._mode is _Mode.TEXT and self._written:
                self._mode = _Mode.ENDED
            case _:
                pass  # a token that says nothing to people

    def _begin_message(self, out: list[Filtered]) -> None:
        """Begin what a header announced: the answer, a thought, or what somebody else says next."""
        header, self._header = self._header.strip().lower(), ""
        is_channel, self._closer = self._closer == "channel", ""
        if is_channel and header.startswith("final"):
            self._end_thought(out)
        elif is_channel:
            self._mode = _Mode.THOUGHT
        elif header in ("assistant", "model", "") and not self._written:
            self._mode = _Mode.TEXT
        else:
            self._mode = _Mode.ENDED

    def _header_ends_with_line(self) -> bool:
        return self._closer in ("im_start", "start_of_turn", "turn")

    def _is_text(self, token: re.Match[str], word: str) -> bool:
        """Return whether what looks like a control token is part of the answer."""
        if token.group().lower() in self._known:
            return True
        if word == "s" and self._written:
            self._struck = True  # struck out text, in HTML
        return word in ("s", "/s") and self._struck


def strip_reasoning(text: str) -> str:
    """Return a whole text without thoughts and control tokens."""
    thoughts = ReasoningFilter()
    draft = ""
    for each in (*thoughts.feed(text), *thoughts.finish()):
        draft = "" if isinstance(each, DraftRestarted) else draft + each
    return draft


def _may_be_bracketed(tail: str) -> bool:
    return any(token.startswith(tail.lower()) for token in _BRACKETED)


def _joined(out: Iterable[Filtered]) -> list[Filtered]:
    """Return the same with neighbouring texts joined."""
    joined: list[Filtered] = []
    for each in out:
        if isinstance(each, str) and joined and isinstance(joined[-1], str):
            joined[-1] += each
        else:
            joined.append(each)
    return joined
