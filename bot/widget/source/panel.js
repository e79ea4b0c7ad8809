// The elements of the button and of the dialog, without what they do.

import { make, makeIcon, makeIconButton } from "./dom.js";

/** Return the elements that `Dialog` works with, by name; `element` is the dialog, which holds all but the launcher. */
export function buildPanel(options) {
  const { texts } = options;
  const panel = {
    launcher: makeLauncher(options),
    fresh: makeIconButton("fresh", texts.new),
    shut: makeIconButton("close", texts.close),
    intro: make("div", {}, make("p", { class: "intro" }, texts.intro)),
    examples: options.examples.map((each) => make("button", { type: "button", class: "example" }, each)),
    status: make("p", { class: "status", role: "status" }),
    agree: make("button", { type: "button", class: "primary" }, texts.agree),
    box: make("textarea", { id: "question", rows: "2", maxlength: options.longest, placeholder: texts.placeholder }),
    send: make("button", { type: "submit", class: "primary" }, texts.send),
    halt: make("button", { type: "button", class: "plain" }, texts.stop),
    count: make("p", { class: "count", hidden: true }),
  };
  if (panel.examples.length) {
    panel.intro.append(make("ul", { class: "examples" }, ...panel.examples.map((each) => make("li", {}, each))));
  }
  const spoken = { role: "log", "aria-live": "polite", "aria-label": texts.conversation };
  panel.log = make("div", { class: "log", tabindex: "0", ...spoken }, panel.intro);
  panel.consent = makeConsent(options, panel.agree);
  const label = make("label", { for: "question", class: "unseen" }, texts.question);
  panel.form = make("form", {}, label, panel.box, panel.send, panel.halt);
  const header = make("header", {}, make("h2", { id: "title" }, texts.title), panel.fresh, panel.shut);
  const named = { role: "dialog", "aria-modal": "true", "aria-labelledby": "title", lang: options.language };
  const parts = [header, panel.log, panel.status, panel.consent, panel.count, panel.form];
  panel.element = make("dialog", { part: "dialog", ...named }, ...parts);
  return panel;
}

function makeLauncher({ texts, hasButton }) {
  const opens = { "aria-haspopup": "dialog", "aria-expanded": "false" };
  const attributes = { type: "button", part: "button", class: "launcher", hidden: !hasButton, ...opens };
  return make("button", attributes, makeIcon("ask"), texts.button);
}

function makeConsent({ texts, consent, consentUrl }, agree) {
  const leads = { href: consentUrl, target: "_blank", rel: "noopener noreferrer" };
  const terms = consentUrl ? [" ", make("a", leads, texts.terms)] : [];
  return make("div", { class: "consent" }, make("p", {}, consent, ...terms), agree);
}
