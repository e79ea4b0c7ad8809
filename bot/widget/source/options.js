// What a page sets: `data-` attributes of the script, or the query of its address where a page has no attributes.

import { TEXTS } from "./texts.js";
import { toWebUrl } from "./dom.js";

const LONGEST_QUESTION = 4000;
const BY_NAME = ["button", "title", "placeholder", "intro"];

/**
 * Return the options of a script element.
 *
 *     <script src="https://bot.example/widget.js?title=Ask" data-key="...">
 *     -> { api: "https://bot.example", key: "...", texts: { title: "Ask", ... }, ... }
 *
 * Each text of the widget can be set: `data-text-send="Go"` is `texts.send`; those `BY_NAME` without `text-`, too.
 */
export function readOptions(script) {
  const address = new URL(script.src || document.baseURI, document.baseURI);
  const given = {};
  for (const [name, value] of address.searchParams) {
    given[name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())] = value;
  }
  Object.assign(given, script.dataset);
  const ofPage = document.documentElement.lang;
  const language = given.language || (textsIn(ofPage) ? ofPage : "en");
  const texts = { ...TEXTS.en, ...textsIn(language) };
  for (const name of Object.keys(texts)) {
    const own = given[`text${name[0].toUpperCase()}${name.slice(1)}`] ?? (BY_NAME.includes(name) ? given[name] : "");
    if (typeof own === "string" && own.trim()) texts[name] = own;
  }
  return Object.freeze({
    api: (given.api || new URL(".", address).href).replace(/\/+$/, ""),
    key: given.key || "",
    sources: splitList(given.sources),
    version: given.version || "",
    docsLanguage: given.docsLanguage || "",
    theme: ["light", "dark", "page"].includes(given.theme) ? given.theme : "",
    position: given.position === "left" ? "left" : "",
    hasButton: given.launcher !== "none",
    newTab: given.target !== "_self",
    consent: (given.consent || "").trim(),
    consentUrl: toWebUrl(given.consentUrl || ""),
    examples: splitList(given.examples, "|"),
    remembers: given.remember === "session",
    longest: LONGEST_QUESTION,
    language,
    texts,
  });
}

/** Return the texts in a language such as "de-AT"; undefined where there are none. */
function textsIn(language) {
  return TEXTS[language.toLowerCase().split(/[-_]/)[0]];
}

function splitList(text = "", mark = ",") {
  return text.split(mark).map((each) => each.trim()).filter(Boolean);
}
