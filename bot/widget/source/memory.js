// What is kept for the tab: nothing, unless the page sets `data-remember="session"`.

const NAME = "footnote";
const MOST = 20;

/** Keeps consent and answers in the session storage of the tab, where that was asked for and is allowed. */
export class Memory {
  #kept = { hasConsent: false, replies: [] };
  #isOn;

  constructor(isOn) {
    this.#isOn = isOn;
    if (!isOn) return;
    try {
      this.#kept = { ...this.#kept, ...JSON.parse(sessionStorage.getItem(NAME)) };
    } catch {
      this.#isOn = false;
    }
  }

  get hasConsent() {
    return this.#kept.hasConsent === true;
  }

  get replies() {
    const kept = Array.isArray(this.#kept.replies) ? this.#kept.replies : [];
    return kept.filter((each) => typeof each?.question === "string" && typeof each?.whole?.answer === "string");
  }

  keepConsent() {
    this.#write({ hasConsent: true });
  }

  keep(replies) {
    const whole = replies.filter((each) => each.whole).slice(-MOST);
    this.#write({ replies: whole.map((each) => ({ question: each.question, whole: each.whole })) });
  }

  #write(change) {
    if (!this.#isOn) return;
    this.#kept = { ...this.#kept, ...change };
    try {
      sessionStorage.setItem(NAME, JSON.stringify(this.#kept));
    } catch {
      this.#isOn = false; // full or denied: the conversation stays on this page
    }
  }
}
