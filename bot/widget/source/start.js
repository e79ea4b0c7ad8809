// Puts the widget on the page, once, and sets the one name that it adds to `window`: `footnote`.

import { Dialog } from "./dialog.js";
import { Memory } from "./memory.js";
import { readOptions } from "./options.js";
import { STYLE } from "./style.js";

const HOST = "footnote-widget";
const MOST_RETURNS = 100;

/** Two scripts on a page make one button. */
export function start(script) {
  if (document.querySelector(HOST)) return;
  const options = readOptions(script);
  const dialog = new Dialog(options, new Memory(options.remembers));
  const host = document.createElement(HOST);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  if (options.position) host.dataset.position = options.position;
  if (options.theme) host.dataset.theme = options.theme;
  root.append(...dialog.elements);
  keepOnPage(host, () => {
    const theme = options.theme === "page" && (themeOf(document.body) ?? themeOf(document.documentElement) ?? "");
    if (theme !== false) host.dataset.theme = theme;
  });
  const footnote = Object.freeze({ open: (question) => dialog.open(question), close: () => dialog.close() });
  Object.defineProperty(window, "footnote", { value: footnote, enumerable: true });
}

/**
 * Put the host at the end of the body, and back where a page replaces its body as it is browsed. A page that takes it
 * away each time wins in the end. `look` is called at first and when the switch of a theme may have been used.
 */
function keepOnPage(host, look) {
  let left = MOST_RETURNS;
  const observer = new MutationObserver(() => {
    if (!host.isConnected && document.body && (left -= 1) > 0) attach();
    look();
  });
  const attach = () => {
    document.body.append(host);
    const watched = { attributes: true, childList: true };
    for (const node of [document.documentElement, document.body]) observer.observe(node, watched);
  };
  attach();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
  look();
}

/** Return "dark" or "light" by the background of an element, null where it has none. */
function themeOf(element) {
  const [red, green, blue, alpha = 1] = getComputedStyle(element).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
  if (red === undefined || alpha < 0.5) return null;
  return red * 0.299 + green * 0.587 + blue * 0.114 < 128 ? "dark" : "light";
}

const script = document.currentScript ?? document.querySelector('script[src*="/widget.js"]');
if (script && document.body) start(script);
else if (script) document.addEventListener("DOMContentLoaded", () => start(script));
