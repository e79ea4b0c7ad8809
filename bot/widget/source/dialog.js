// The button, the dialog and the conversation in it. Keyboard: Enter asks, Shift+Enter breaks the line, Escape closes,
// Tab stays within the dialog, and the focus returns to where it was.

import { fill, make, makeIcon, makeIconButton } from "./dom.js";
import { Reply } from "./reply.js";
import { Failure, ask } from "./stream.js";

const REMEMBERED_TURNS = 5;
const MARGIN = 16;
const FOCUSABLE = "a[href], button:not([disabled]), textarea, [tabindex='0']";

export class Dialog {
  #options;
  #memory;
  #replies = [];
  #asking = null;
  #opener = null;
  #hasConsent;

  /** `memory` keeps the conversation for the tab if the page asked for that. */
  constructor(options, memory) {
    this.#options = options;
    this.#memory = memory;
    this.#hasConsent = !options.consent || memory.hasConsent;
    this.#build();
    for (const whole of memory.replies) this.#restore(whole);
    this.#update();
  }

  open(question = "", opener = findFocus()) {
    if (question) this.box.value = String(question).slice(0, this.#options.longest);
    if (!this.element.open) {
      this.#opener = opener;
      this.element.showModal();
      this.launcher.setAttribute("aria-expanded", "true");
    }
    this.#update();
    (this.#hasConsent ? this.box : this.agree).focus();
  }

  close() {
    this.element.close();
  }

  #build() {
    const { texts, longest, examples, consent, consentUrl } = this.#options;
    this.launcher = make(
      "button",
      { type: "button", part: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.open("", this.launcher) },
      makeIcon("ask"),
      texts.button,
    );
    this.fresh = makeIconButton("fresh", texts.new, () => this.#begin());
    const header = make(
      "header",
      {},
      make("h2", { id: "title" }, texts.title),
      this.fresh,
      makeIconButton("close", texts.close, () => this.close()),
    );
    this.intro = make("div", {}, make("p", { class: "intro" }, texts.intro));
    if (examples.length) {
      const items = examples.map((each) => make("li", {}, make("button", { type: "button", class: "example", onclick: () => this.#choose(each) }, each)));
      this.intro.append(make("ul", { class: "examples" }, ...items));
    }
    this.log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": texts.conversation, tabindex: "0" }, this.intro);
    this.status = make("p", { class: "status", role: "status" });
    this.agree = make("button", { type: "button", class: "primary", onclick: () => this.#consent() }, texts.agree);
    const terms = consentUrl ? make("a", { href: consentUrl, target: "_blank", rel: "noopener noreferrer" }, texts.terms) : null;
    this.consent = make("div", { class: "consent" }, make("p", {}, consent, terms ? " " : null, terms), this.agree);
    this.box = make("textarea", { id: "question", rows: "2", maxlength: longest, placeholder: texts.placeholder, oninput: () => this.#count() });
    this.send = make("button", { type: "submit", class: "primary" }, texts.send);
    this.halt = make("button", { type: "button", class: "plain", onclick: () => this.#stop() }, texts.stop);
    this.count = make("p", { class: "count", hidden: true });
    this.form = make("form", {}, make("label", { for: "question", class: "unseen" }, texts.question), this.box, this.send, this.halt);
    this.element = make(
      "dialog",
      { part: "dialog", role: "dialog", "aria-modal": "true", "aria-labelledby": "title", lang: this.#options.language },
      header, this.log, this.status, this.consent, this.count, this.form,
    );
    this.#listen();
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.element.addEventListener("keydown", (event) => this.#keepFocus(event));
    for (const name of ["keydown", "keypress", "keyup"]) {
      // Shortcuts of the page, such as "/" or "s", are not meant while somebody types here.
      this.element.addEventListener(name, (event) => event.stopPropagation());
    }
    this.element.addEventListener("click", (event) => {
      if (event.target === this.element && isOutside(this.element, event)) this.close();
    });
    this.element.addEventListener("close", () => {
      this.launcher.setAttribute("aria-expanded", "false");
      (this.#opener?.isConnected ? this.#opener : this.launcher).focus();
    });
  }

  /** Tab from the last control leads to the first, and back. */
  #keepFocus(event) {
    if (event.key !== "Tab") return;
    const all = [...this.element.querySelectorAll(FOCUSABLE)].filter((each) => each.getClientRects().length);
    const [first, last] = [all[0], all.at(-1)];
    const now = this.element.getRootNode().activeElement;
    if (now !== (event.shiftKey ? first : last)) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }

  #consent() {
    this.#hasConsent = true;
    this.#memory.keepConsent();
    this.#update();
    this.box.focus();
  }

  #choose(question) {
    this.box.value = question;
    if (this.#hasConsent) this.#submit();
    else this.agree.focus();
  }

  #submit() {
    const question = this.box.value.trim();
    if (!question || this.#asking || !this.#hasConsent) return;
    this.box.value = "";
    this.#ask(question);
  }

  async #ask(question) {
    const { texts } = this.#options;
    const stopping = new AbortController();
    const reply = new Reply(this.#options, question, (sentence) => this.#say(sentence));
    const previous = this.#replies.map((each) => each.turn).filter(Boolean).slice(-REMEMBERED_TURNS);
    this.#asking = stopping;
    this.#replies.push(reply);
    this.log.append(reply.element);
    this.#say(texts.looking);
    this.#update();
    // `scrollIntoView` would move the dialog, too.
    this.log.scrollTop += reply.element.getBoundingClientRect().top - this.log.getBoundingClientRect().top - MARGIN;
    try {
      await ask(this.#options, question, previous, stopping.signal, (name, data) => this.#take(reply, name, data));
      this.#memory.keep(this.#replies);
    } catch (error) {
      this.#end(reply, stopping, error);
    } finally {
      if (this.#asking === stopping) this.#asking = null;
      this.#update();
    }
  }

  #take(reply, name, data) {
    const { texts } = this.#options;
    if (name === "delta") {
      reply.grow(data);
      this.#say(texts.answering);
    } else if (name === "answer") {
      reply.finish(data);
      const count = new Set((data.abstention ? [] : data.citations ?? []).map((each) => each.url)).size;
      this.#say(count ? fill(texts.done, { count }) : texts.notAnswered);
    }
  }

  #end(reply, stopping, error) {
    const { texts } = this.#options;
    if (stopping.signal.aborted) {
      reply.stop();
      this.#say(texts.stopped);
      return;
    }
    const sentence = error instanceof Failure ? error.message : texts.lost;
    reply.fail(sentence, () => this.#again(reply));
    this.#say(sentence);
  }

  /** Ask a question that failed once more, in place of the one before. */
  #again(reply) {
    if (this.#asking) return;
    this.#replies = this.#replies.filter((each) => each !== reply);
    reply.element.remove();
    this.box.focus();
    this.#ask(reply.question);
  }

  #stop() {
    this.#asking?.abort();
    this.box.focus();
  }

  #begin() {
    this.#asking?.abort();
    this.#asking = null;
    for (const reply of this.#replies) reply.element.remove();
    this.#replies = [];
    this.#memory.keep([]);
    this.#say("");
    this.#update();
    this.box.focus();
  }

  #restore({ question, whole }) {
    const reply = new Reply(this.#options, question, (sentence) => this.#say(sentence));
    reply.finish(whole);
    this.#replies.push(reply);
    this.log.append(reply.element);
  }

  #say(sentence) {
    if (this.status.textContent !== sentence) this.status.textContent = sentence;
  }

  #count() {
    const { longest, texts } = this.#options;
    const { length } = this.box.value;
    this.count.hidden = length < longest * 0.9;
    this.count.textContent = fill(texts.count, { count: length, longest });
  }

  #update() {
    const isBusy = Boolean(this.#asking);
    const hadFocus = this.element.getRootNode().activeElement === this.halt;
    this.element.classList.toggle("busy", isBusy);
    this.consent.hidden = this.#hasConsent;
    this.form.hidden = !this.#hasConsent;
    this.send.hidden = isBusy;
    this.halt.hidden = !isBusy;
    this.fresh.hidden = !this.#replies.length;
    this.intro.hidden = this.#replies.length > 0;
    this.#count();
    if (!isBusy && hadFocus) this.box.focus();
  }
}

function isOutside(element, { clientX, clientY }) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

/** Return what has the focus, also within the shadow of another element; null where nothing has it. */
function findFocus() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node === document.body ? null : node;
}
