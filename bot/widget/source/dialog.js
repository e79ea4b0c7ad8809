// The button, the dialog and the conversation in it. Keyboard: Enter asks, Shift+Enter breaks the line, Escape closes,
// Tab stays within the dialog, and the focus returns to where it was.

import { fill } from "./dom.js";
import { buildPanel } from "./panel.js";
import { Reply } from "./reply.js";
import { Failure, ask } from "./stream.js";

const REMEMBERED_TURNS = 5;
const MARGIN = 16;
const COMPOSING = 229;
const FOCUSABLE = "a[href], button:not([disabled]), textarea, [tabindex='0']";

export class Dialog {
  #options;
  #memory;
  #panel;
  #replies = [];
  #asking = null;
  #opener = null;
  #hasConsent;

  /** `memory` keeps the conversation for the tab if the page asked for that. */
  constructor(options, memory) {
    this.#options = options;
    this.#memory = memory;
    this.#hasConsent = !options.consent || memory.hasConsent;
    this.#panel = buildPanel(options);
    this.#listen();
    for (const kept of memory.replies) this.#restore(kept);
    this.#update();
  }

  /** The elements that stand on the page. */
  get elements() {
    return [this.#panel.launcher, this.#panel.element];
  }

  open(question = "", opener = findFocus()) {
    if (question) this.#panel.box.value = String(question).slice(0, this.#options.longest);
    if (!this.#panel.element.open) {
      this.#opener = opener;
      this.#panel.element.showModal();
      this.#panel.launcher.setAttribute("aria-expanded", "true");
    }
    this.#update();
    (this.#hasConsent ? this.#panel.box : this.#panel.agree).focus();
  }

  close() {
    this.#panel.element.close();
  }

  #listen() {
    const { launcher, element, form, box } = this.#panel;
    const clicks = { fresh: () => this.#begin(), shut: () => this.close(), halt: () => this.#stop() };
    clicks.launcher = () => this.open("", launcher);
    clicks.agree = () => this.#accept();
    for (const [name, act] of Object.entries(clicks)) this.#panel[name].addEventListener("click", act);
    for (const each of this.#panel.examples) each.addEventListener("click", () => this.#choose(each.textContent));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    box.addEventListener("input", () => this.#count());
    box.addEventListener("keydown", (event) => this.#sendOnEnter(event));
    element.addEventListener("keydown", (event) => this.#keepFocus(event));
    for (const name of ["keydown", "keypress", "keyup"]) {
      // Shortcuts of the page, such as "/" or "s", are not meant while somebody types here.
      element.addEventListener(name, (event) => event.stopPropagation());
    }
    element.addEventListener("click", (event) => {
      if (event.target === element && isOutside(element, event)) this.close();
    });
    element.addEventListener("close", () => {
      launcher.setAttribute("aria-expanded", "false");
      (this.#opener?.isConnected ? this.#opener : launcher).focus();
    });
  }

  /** Safari reports the Enter that ends a composition after it, with the key code of composing. */
  #sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === COMPOSING) return;
    event.preventDefault();
    this.#submit();
  }

  /** Tab from the last control leads to the first, and back. */
  #keepFocus(event) {
    if (event.key !== "Tab") return;
    const all = [...this.#panel.element.querySelectorAll(FOCUSABLE)].filter((each) => each.getClientRects().length);
    const [first, last] = [all[0], all.at(-1)];
    const now = this.#panel.element.getRootNode().activeElement;
    if (now !== (event.shiftKey ? first : last)) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }

  #accept() {
    this.#hasConsent = true;
    this.#memory.keepConsent();
    this.#update();
    this.#panel.box.focus();
  }

  #choose(question) {
    this.#panel.box.value = question;
    if (this.#hasConsent) this.#submit();
    else this.#panel.agree.focus();
  }

  #submit() {
    const question = this.#panel.box.value.trim();
    if (!question || this.#asking || !this.#hasConsent) return;
    this.#panel.box.value = "";
    this.#ask(question);
  }

  async #ask(question) {
    const { texts } = this.#options;
    const stopping = new AbortController();
    const reply = new Reply(this.#options, question, (sentence) => this.#say(sentence));
    const previous = this.#replies.map((each) => each.turn).filter(Boolean).slice(-REMEMBERED_TURNS);
    this.#asking = stopping;
    this.#replies.push(reply);
    this.#panel.log.append(reply.element);
    this.#say(texts.looking);
    this.#update();
    // `scrollIntoView` would move the dialog, too.
    const { log } = this.#panel;
    log.scrollTop += reply.element.getBoundingClientRect().top - log.getBoundingClientRect().top - MARGIN;
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
    if (!this.#replies.includes(reply)) return; // a new conversation has begun
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
    this.#panel.box.focus();
    this.#ask(reply.question);
  }

  #stop() {
    this.#asking?.abort();
    this.#panel.box.focus();
  }

  #begin() {
    this.#asking?.abort();
    this.#asking = null;
    for (const reply of this.#replies) reply.element.remove();
    this.#replies = [];
    this.#memory.keep([]);
    this.#say("");
    this.#update();
    this.#panel.box.focus();
  }

  #restore({ question, whole }) {
    const reply = new Reply(this.#options, question, (sentence) => this.#say(sentence));
    reply.finish(whole);
    this.#replies.push(reply);
    this.#panel.log.append(reply.element);
  }

  #say(sentence) {
    if (this.#panel.status.textContent !== sentence) this.#panel.status.textContent = sentence;
  }

  #count() {
    const { longest, texts } = this.#options;
    const { box, count } = this.#panel;
    count.hidden = box.value.length < longest * 0.9;
    count.textContent = fill(texts.count, { count: box.value.length, longest });
  }

  #update() {
    const { element, consent, form, send, halt, fresh, intro, box } = this.#panel;
    const isBusy = Boolean(this.#asking);
    const hadFocus = element.getRootNode().activeElement === halt;
    element.classList.toggle("busy", isBusy);
    consent.hidden = this.#hasConsent;
    form.hidden = !this.#hasConsent;
    send.hidden = isBusy;
    halt.hidden = !isBusy;
    fresh.hidden = !this.#replies.length;
    intro.hidden = this.#replies.length > 0;
    this.#count();
    if (!isBusy && hadFocus) box.focus();
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
