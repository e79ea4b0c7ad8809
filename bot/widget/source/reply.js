// One question and its answer: grows sentence by sentence, then shows its outcome, its sources and what can be done.

import { make, makeIconButton, toWebUrl } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { Failure, rate } from "./stream.js";

const MOST_LINKS = 10;
const LONGEST_LABEL = 150;
const LONGEST_COMMENT = 1000;

export class Reply {
  #options;
  #report;
  #text = "";
  #citations = [];
  #answer = make("div", { class: "answer", "aria-busy": "true" });
  #end = make("div");

  /** `report(sentence)` says something to everybody, screen readers too. */
  constructor(options, question, report) {
    this.#options = options;
    this.#report = report;
    this.question = question;
    this.element = make("article", {}, make("h3", { class: "question" }, question), this.#answer, this.#end);
  }

  /** What a follow-up question is told of this answer; null where there is nothing to tell. */
  get turn() {
    return this.remembered ? { question: this.question, answer: this.remembered } : null;
  }

  /** Show one more checked sentence, item or block. */
  grow({ text = "", citations = [] }) {
    this.#text += text;
    if (citations.length) this.#citations = citations;
    this.#draw();
  }

  /** Show the whole answer: it overrides what came before. */
  finish(answer) {
    const { texts } = this.#options;
    this.whole = answer;
    this.#text = answer.answer ?? "";
    this.#citations = answer.citations ?? [];
    this.#draw();
    this.#end.replaceChildren();
    const outcome = { partly: texts.partly, not_answered: texts.notAnswered }[answer.outcome];
    if (outcome) this.#answer.before(make("p", { class: "outcome" }, outcome));
    if (answer.faults?.includes("embedder") && answer.abstention !== "no_context") this.#note(texts.byWords);
    this.#addLinks(answer);
    this.#addActions(answer);
    this.remembered = answer.abstention ? `(${answer.abstention})` : this.#text;
    this.#settle();
  }

  /** Keep what came until now: each sentence of it was checked. */
  stop() {
    this.#note(this.#options.texts.stopped);
    if (this.#citations.length) this.#addSection(this.#options.texts.sources, this.#citations);
    this.remembered = this.#text;
    this.#settle();
  }

  /** Say why there is no answer, or not all of it, and offer to ask again. */
  fail(sentence, askAgain) {
    const { texts } = this.#options;
    const again = make("button", { type: "button", class: "plain retry", onclick: askAgain }, texts.retry);
    this.#end.append(make("p", { class: "note failed" }, sentence), again);
    this.#settle();
  }

  #settle() {
    this.#answer.setAttribute("aria-busy", "false");
  }

  #draw() {
    renderMarkdown(this.#answer, this.#text, {
      mark: (number) => this.#makeMark(number),
      code: (pre, text) => {
        return make("div", { class: "code" }, pre, this.#makeCopy(this.#options.texts.copyCode, () => text));
      },
    });
    for (const mark of this.#answer.querySelectorAll("a.mark")) {
      const link = this.#makeMark(Number(mark.textContent));
      if (link && link.href !== mark.href) mark.href = link.href;
    }
  }

  #note(text) {
    this.#end.append(make("p", { class: "note" }, text));
  }

  /** Return the link of [n] in the text, or null where no source has the number. */
  #makeMark(number) {
    const citation = this.#citations.find((each) => each.number === number);
    const url = citation && urlOf(citation);
    if (!url) return null;
    const label = `${this.#options.texts.source} ${number}: ${labelOf(citation)}`;
    return this.#makeLink(url, String(number), { class: "mark", "aria-label": label, title: label });
  }

  #makeLink(url, words, attributes = {}) {
    const { newTab, texts } = this.#options;
    const hint = newTab && !attributes["aria-label"] && make("span", { class: "unseen" }, ` ${texts.newTab}`);
    const target = newTab ? "_blank" : "_self";
    return make("a", { href: url, target, rel: "noopener noreferrer", ...attributes }, words, hint || null);
  }

  #addLinks(answer) {
    const { texts } = this.#options;
    const hasSources = !answer.abstention && this.#citations.length > 0;
    if (hasSources) this.#addSection(texts.sources, this.#citations);
    if (!answer.suggestions?.length) return;
    const areFurther = hasSources && !answer.faults?.includes("model");
    this.#addSection(areFurther ? texts.further : texts.closest, answer.suggestions, !areFurther);
  }

  /** List links, each address once, with all its numbers and what its page says. */
  #addSection(heading, citations, isNumbered = true) {
    const byUrl = new Map();
    for (const each of citations) byUrl.set(each.url, [...(byUrl.get(each.url) ?? []), each]);
    const items = [...byUrl.values()].slice(0, MOST_LINKS).map((same) => {
      const url = urlOf(same[0]);
      const label = labelOf(same[0]);
      const numbers = isNumbered ? same.map((each) => `[${each.number}]`).join("") : "•";
      const quote = same.find((each) => each.quote)?.quote;
      return make(
        "li",
        {},
        make("span", { class: "number" }, numbers),
        url ? this.#makeLink(url, label) : label,
        quote ? make("blockquote", { class: "quote" }, quote) : null,
      );
    });
    this.#end.append(make("h4", {}, heading), make("ul", { class: "links" }, ...items));
  }

  #addActions(answer) {
    const { texts } = this.#options;
    const actions = make("div", { class: "actions" });
    if (answer.id !== undefined && answer.id !== null) {
      const thumbs = [];
      const choices = [["up", texts.good, texts.thanksGood], ["down", texts.bad, texts.thanksBad]];
      for (const [name, label, thanks] of choices) {
        const press = () => this.#rate(answer.id, name, thumbs, thanks);
        thumbs.push(makeIconButton(name, label, press, { "aria-pressed": "false", "data-thumb": name }));
      }
      actions.append(...thumbs);
    }
    actions.append(this.#makeCopy(texts.copy, () => this.#toMarkdown()));
    this.#end.append(actions);
  }

  async #rate(id, name, thumbs, thanks) {
    const show = (pressed) => {
      for (const each of thumbs) each.setAttribute("aria-pressed", String(each.dataset.thumb === pressed));
    };
    const before = thumbs.find((each) => each.ariaPressed === "true")?.dataset.thumb;
    show(name);
    this.#end.querySelector(".reasons")?.remove();
    try {
      await rate(this.#options, id, name);
      this.#report(thanks);
      if (name === "down") this.#askWhy(id);
    } catch (error) {
      show(before);
      this.#report(error instanceof Failure ? error.message : this.#options.texts.lost);
    }
  }

  /** Ask what was bad. Nothing has to be said: the thumb counts already. */
  #askWhy(id) {
    const { texts } = this.#options;
    const words = {
      wrong: texts.isWrong,
      sources: texts.isNotInSources,
      incomplete: texts.isIncomplete,
      outdated: texts.isOutdated,
      unasked: texts.isAboutElse,
    };
    const boxes = Object.keys(words).map((value) => make("input", { type: "checkbox", value }));
    const choices = boxes.map((box) => make("label", {}, box, ` ${words[box.value]}`));
    const comment = make("textarea", { rows: "2", maxlength: LONGEST_COMMENT });
    const form = make(
      "form",
      { class: "reasons" },
      make("fieldset", {}, make("legend", {}, texts.whatWasBad), ...choices),
      make("label", {}, texts.anythingElse, comment),
      make("button", { type: "submit", class: "plain" }, texts.sendReasons),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const reasons = boxes.filter((box) => box.checked).map((box) => box.value);
      try {
        await rate(this.#options, id, "down", { reasons, comment: comment.value.trim() });
        form.remove();
        this.#end.querySelector("[data-thumb=down]")?.focus();
        this.#report(texts.thanksBad);
      } catch (error) {
        this.#report(error instanceof Failure ? error.message : texts.lost);
      }
    });
    this.#end.append(form);
    boxes[0].focus();
  }

  /** A page without a secure context has no clipboard: then there is no button. */
  #makeCopy(label, textOf) {
    if (!navigator.clipboard) return null;
    const copy = () => navigator.clipboard.writeText(textOf()).then(
      () => this.#report(this.#options.texts.copied),
      () => this.#report(this.#options.texts.notCopied),
    );
    return makeIconButton("copy", label, copy);
  }

  #toMarkdown() {
    const lines = this.#citations.map((each) => `[${each.number}] ${labelOf(each)}: ${each.url}`);
    return [this.#text.trim(), lines.join("\n")].filter(Boolean).join("\n\n");
  }
}

/** Return where a link to a source leads; "" where it may lead nowhere. */
function urlOf(citation) {
  return toWebUrl(citation.href || "") || toWebUrl(citation.url);
}

function labelOf(citation) {
  const label = citation.path?.join(" › ") || citation.title || citation.url;
  return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label;
}
