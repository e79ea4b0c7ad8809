// The widget of footnote (MIT licence): put it on a page as docs/widget.md says.
// Made by `python -m bot.widget.build` from bot/widget/source: edit that.
(() => {
"use strict";
const STYLE = `
:host {
all: initial !important;
display: block !important;
color-scheme: light dark !important;
}
:host([data-theme="light"]) { color-scheme: light !important; }
:host([data-theme="dark"]) { color-scheme: dark !important; }
[hidden] { display: none !important; }
*, ::before, ::after { box-sizing: border-box; }
.launcher, dialog {
--background: var(--footnote-background, light-dark(#fff, #16191d));
--text: var(--footnote-text, light-dark(#1b1f24, #e7e9ec));
--muted: var(--footnote-muted, light-dark(#535b65, #a9b1bb));
--border: var(--footnote-border, light-dark(#c9ced5, #3d444d));
--raised: color-mix(in srgb, var(--text) 6%, var(--background));
--accent: var(--footnote-accent, light-dark(#1d5bb8, #8fb8ff));
--on-accent: var(--footnote-on-accent, light-dark(#fff, #0d1117));
--radius: var(--footnote-radius, 10px);
font: 400 var(--footnote-size, 16px)/1.5 var(--footnote-font, system-ui, sans-serif);
text-align: start;
overflow-wrap: anywhere;
-webkit-text-size-adjust: none;
text-size-adjust: none;
}
button, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; }
h2, h3, p, li, th, td, textarea, button { unicode-bidi: plaintext; } /* each in the direction of its own words */
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
svg {
width: 1.25em;
height: 1.25em;
flex: none;
fill: none;
stroke: currentColor;
stroke-width: 1.8;
stroke-linejoin: round;
stroke-linecap: round;
vertical-align: -.25em;
}
.launcher, .primary {
border: 1px solid transparent;
border-radius: var(--radius);
background: var(--accent);
color: var(--on-accent);
font-weight: 600;
}
.launcher {
position: fixed;
z-index: var(--footnote-z, 2147483000);
inset: auto 1.25em calc(1.25em + env(safe-area-inset-bottom, 0px)) auto;
display: flex;
align-items: center;
gap: .5em;
padding: .7em 1.1em;
border-radius: 999px;
box-shadow: 0 2px 12px rgb(0 0 0 / 25%);
}
.launcher[aria-expanded="true"] { opacity: 0; }
:host([data-position="left"]) .launcher { right: auto; left: 1.25em; }
dialog {
position: fixed;
inset: auto 1.25em 1.25em auto;
width: min(34em, 100vw - 2.5em);
height: min(46em, 100dvh - 2.5em);
max-width: none;
max-height: none;
margin: 0;
padding: 0;
border: 1px solid var(--border);
border-radius: calc(var(--radius) * 1.4);
background: var(--background);
color: var(--text);
box-shadow: 0 8px 40px rgb(0 0 0 / 35%);
overflow: clip;
}
:host([data-position="left"]) dialog { inset: auto auto 1.25em 1.25em; }
dialog[open] { display: flex; flex-direction: column; }
dialog::backdrop { background: rgb(0 0 0 / 40%); }
header {
display: flex;
align-items: center;
gap: .25em;
padding: .6em .6em .6em 1em;
border-bottom: 1px solid var(--border);
}
h2 { flex: 1; margin: 0; font-size: 1.05em; }
.icon { border: 0; border-radius: 6px; background: none; color: var(--muted); padding: .4em; line-height: 1; }
.icon:hover, .icon[aria-pressed="true"] { color: var(--text); background: var(--raised); }
.icon[aria-pressed="true"] svg { fill: currentColor; }
.log { flex: 1; overflow: auto; overscroll-behavior: contain; padding: 1em; }
.log:focus-visible { outline-offset: -3px; }
.intro, .consent, .status, .note, .count, .quote, h4 { color: var(--muted); }
.intro { margin: 0 0 1em; }
.examples { display: flex; flex-wrap: wrap; gap: .5em; margin: 0 0 1em; padding: 0; list-style: none; }
.example, .plain {
border: 1px solid var(--border);
border-radius: var(--radius);
background: var(--background);
padding: .35em .75em;
text-align: start;
}
.example:hover, .plain:hover { background: var(--raised); }
article { margin-bottom: 1.75em; }
article:last-child { min-height: 100%; margin-bottom: 0; } /* a new question can be scrolled to the top */
.question {
margin: 0 0 .75em;
padding: .6em .9em;
border-radius: var(--radius);
background: var(--raised);
font-size: 1em;
font-weight: 600;
white-space: pre-wrap;
}
.outcome {
display: inline-block;
margin: 0 0 .6em;
padding: .1em .6em;
border: 1px solid var(--border);
border-radius: 999px;
font-size: .85em;
font-weight: 600;
}
.note { margin: .75em 0; }
.failed { border-inline-start: 3px solid var(--accent); padding-inline-start: .75em; }
.answer > :first-child { margin-top: 0; }
.answer p, .answer ul, .answer ol, .answer blockquote, .answer .code, .answer .wide { margin: .6em 0; }
.answer ul, .answer ol { padding-inline-start: 1.5em; }
.answer li { white-space: pre-line; }
.answer p { white-space: pre-line; }
.heading { font-weight: 700; }
blockquote { padding-inline-start: .9em; border-inline-start: 3px solid var(--border); }
code { font: .88em/1.5 var(--footnote-mono, ui-monospace, monospace); }
:not(pre) > code { padding: .1em .3em; border-radius: 4px; background: var(--raised); }
.code { position: relative; }
.code .icon { position: absolute; inset-block-start: .25em; inset-inline-end: .25em; background: var(--background); }
pre {
direction: ltr;
margin: 0;
padding: .8em 2.6em .8em .9em;
overflow: auto;
border: 1px solid var(--border);
border-radius: 6px;
background: var(--raised);
white-space: pre;
overflow-wrap: normal;
}
.wide { overflow: auto; }
table { border-collapse: collapse; font-size: .93em; overflow-wrap: normal; }
th, td { padding: .3em .6em; border: 1px solid var(--border); text-align: start; vertical-align: top; }
a { color: var(--accent); text-decoration: underline; text-underline-offset: .15em; }
.mark {
margin-inline-start: .15em;
padding: .1em .35em;
border: 1px solid var(--border);
border-radius: 5px;
font-size: .75em;
font-weight: 600;
text-decoration: none;
white-space: nowrap;
}
h4 { margin: 1em 0 .4em; font-size: .85em; }
.links { margin: 0; padding: 0; list-style: none; font-size: .93em; }
.links li { margin-bottom: .6em; }
.number { margin-inline-end: .4em; color: var(--muted); font-weight: 600; }
.quote {
margin: .15em 0 0;
padding-inline-start: .75em;
border-inline-start: 2px solid var(--border);
font-style: italic;
}
.actions { display: flex; align-items: center; gap: .25em; margin-top: .5em; }
.reasons { display: block; padding: .5em 0 0; font-size: .93em; }
.reasons fieldset { margin: 0; padding: 0; border: 0; }
.reasons label { display: block; margin: .3em 0; }
.reasons textarea { display: block; box-sizing: border-box; width: 100%; margin: .3em 0 .6em; }
.status { min-height: 1.5em; margin: 0; padding: .25em 1.2em 0; font-size: .85em; }
.consent { padding: .75em 1em; border-top: 1px solid var(--border); font-size: .93em; }
.consent p { margin: 0 0 .75em; }
form { display: flex; align-items: end; gap: .5em; padding: .5em 1em calc(1em + env(safe-area-inset-bottom, 0px)); }
textarea {
flex: 1;
min-width: 0;
max-height: 9em;
padding: .55em .75em;
border: 1px solid var(--muted);
border-radius: var(--radius);
background: var(--background);
resize: none;
field-sizing: content;
}
textarea::placeholder { color: var(--muted); opacity: 1; }
.primary { padding: .55em 1em; }
.count { padding: 0 1em; margin: 0; font-size: .85em; text-align: end; }
.unseen {
position: absolute;
width: 1px;
height: 1px;
margin: -1px;
overflow: hidden;
clip-path: inset(50%);
white-space: nowrap;
}
@media (max-width: 36em) {
dialog, :host([data-position="left"]) dialog { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: no-preference) {
dialog[open] { animation: rise .16s ease-out; }
.busy .status::before {
content: "";
display: inline-block;
width: .5em;
height: .5em;
margin-inline-end: .5em;
border-radius: 50%;
background: var(--accent);
animation: pulse 1.2s ease-in-out infinite;
}
}
@media (forced-colors: active) {
.launcher, .primary, .icon { border: 1px solid ButtonText; }
}
@media print { .launcher { display: none; } }
@keyframes rise { from { opacity: 0; transform: translateY(.75em); } }
@keyframes pulse { 50% { opacity: .25; } }
`;
const TEXTS = {
"en": {
"button": "Ask the docs",
"title": "Ask the documentation",
"intro": "Ask in your own words. Each answer names the sections that it rests on.",
"placeholder": "How do I ...?",
"question": "Your question",
"conversation": "Questions and answers",
"send": "Ask",
"stop": "Stop",
"close": "Close",
"new": "New conversation",
"agree": "I agree",
"terms": "Read more",
"looking": "I am looking that up ...",
"answering": "Answering ...",
"done": "The answer is complete. Sources: {count}.",
"stopped": "Stopped, as you asked.",
"partly": "Partly answered",
"notAnswered": "Not answered",
"byWords": "Searched by words alone: the search by meaning is not available just now.",
"sources": "Sources",
"closest": "Closest sections",
"further": "See also",
"source": "Source",
"newTab": "(opens in a new tab)",
"good": "Good answer",
"bad": "Bad answer",
"thanksGood": "Thank you.",
"thanksBad": "Thank you, that helps to improve the answers.",
"whatWasBad": "What was bad?",
"anythingElse": "Anything else?",
"sendReasons": "Send",
"isWrong": "It is wrong",
"isNotInSources": "The sources do not say it",
"isIncomplete": "Something is missing",
"isOutdated": "It is out of date",
"isAboutElse": "It answers another question",
"copy": "Copy the answer",
"copyCode": "Copy the code",
"copied": "Copied.",
"notCopied": "The browser did not let me copy that.",
"retry": "Try again",
"lost": "The connection was lost before the answer was complete.",
"unreachable": "I cannot reach the server just now.",
"refused": "The server takes no questions from this page: its key is no longer good, or is meant for another site. Please tell the people who run this site.",
"offline": "You are offline. Connect to the internet, then try again.",
"failed": "The server could not answer (status {status}). Please try again in a minute.",
"count": "{count} of {longest} characters"
},
"de": {
"button": "Doku fragen",
"title": "Frag die Dokumentation",
"intro": "Frag in deinen eigenen Worten. Jede Antwort nennt die Abschnitte, auf denen sie beruht.",
"placeholder": "Wie kann ich ...?",
"question": "Deine Frage",
"conversation": "Fragen und Antworten",
"send": "Fragen",
"stop": "Anhalten",
"close": "Schließen",
"new": "Neues Gespräch",
"agree": "Einverstanden",
"terms": "Mehr dazu",
"looking": "Ich sehe nach ...",
"answering": "Die Antwort entsteht ...",
"done": "Die Antwort ist vollständig. Quellen: {count}.",
"stopped": "Angehalten, wie gewünscht.",
"partly": "Teilweise beantwortet",
"notAnswered": "Nicht beantwortet",
"byWords": "Nur nach Wörtern gesucht: Die Suche nach Bedeutung ist gerade nicht verfügbar.",
"sources": "Quellen",
"closest": "Nächstliegende Abschnitte",
"further": "Siehe auch",
"source": "Quelle",
"newTab": "(öffnet einen neuen Tab)",
"good": "Gute Antwort",
"bad": "Schlechte Antwort",
"thanksGood": "Danke.",
"thanksBad": "Danke, das hilft, die Antworten zu verbessern.",
"whatWasBad": "Was war schlecht?",
"anythingElse": "Noch etwas?",
"sendReasons": "Senden",
"isWrong": "Sie ist falsch",
"isNotInSources": "Die Quellen sagen das nicht",
"isIncomplete": "Es fehlt etwas",
"isOutdated": "Sie ist veraltet",
"isAboutElse": "Sie beantwortet eine andere Frage",
"copy": "Antwort kopieren",
"copyCode": "Code kopieren",
"copied": "Kopiert.",
"notCopied": "Der Browser ließ mich das nicht kopieren.",
"retry": "Noch einmal",
"lost": "Die Verbindung brach ab, bevor die Antwort vollständig war.",
"unreachable": "Ich erreiche den Server gerade nicht.",
"refused": "Der Server nimmt von dieser Seite keine Fragen an: Ihr Schlüssel gilt nicht mehr oder gehört zu einer anderen Website. Bitte sag denen Bescheid, die diese Website betreiben.",
"offline": "Du bist offline. Verbinde dich mit dem Internet, dann versuch es noch einmal.",
"failed": "Der Server konnte nicht antworten (Status {status}). Bitte versuch es in einer Minute noch einmal.",
"count": "{count} von {longest} Zeichen"
}
};
const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
ask: "M4 4h16v12H9l-5 4V4zm4 5h8M8 12h5",
close: "M6 6l12 12M18 6L6 18",
up: "M7 10v10H4V10h3zm0 0l4-7c1.6 0 2.5 1 2.200 2.6L12.5 9H20l-2 11H7",
down: "M7 14V4H4v10h3zm0 0l4 7c1.6 0 2.5-1 2.200-2.6L12.5 15H20L18 4H7",
copy: "M9 9h11v11H9V9zM5 15H4V4h11v1",
fresh: "M12 5v14M5 12h14",
};
function make(name, attributes = {}, ...children) {
const node = document.createElement(name);
for (const [key, value] of Object.entries(attributes)) {
if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
else if (value === true) node.setAttribute(key, "");
else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
}
node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
return node;
}
function makeIcon(name) {
const icon = document.createElementNS(SVG, "svg");
icon.setAttribute("viewBox", "0 0 24 24");
icon.setAttribute("aria-hidden", "true");
const path = document.createElementNS(SVG, "path");
path.setAttribute("d", ICONS[name]);
icon.append(path);
return icon;
}
function makeIconButton(icon, label, onclick, attributes = {}) {
const named = { type: "button", class: "icon", "aria-label": label, title: label };
const button = make("button", { ...named, ...attributes }, makeIcon(icon));
if (onclick) button.addEventListener("click", onclick);
return button;
}
function toWebUrl(text) {
try {
const url = new URL(text);
return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
} catch {
return "";
}
}
function fill(text, values) {
return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
const LONGEST_QUESTION = 4000;
const BY_NAME = ["button", "title", "placeholder", "intro"];
function readOptions(script) {
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
function textsIn(language) {
return TEXTS[language.toLowerCase().split(/[-_]/)[0]];
}
function splitList(text = "", mark = ",") {
return text.split(mark).map((each) => each.trim()).filter(Boolean);
}
const LONGEST = 24000;
const LONGEST_RULE = 1000;
const DEEPEST = 6;
const FENCE = /^( *)(`{3,}|~{3,}) *([\w+#.-]*)[^`]*$/;
const HEADING = /^ {0,3}#{1,6} +(\S.*)$/;
const ITEM = /^( *)([-*+•]|(\d{1,9})[.)])( +)(?=\S)/;
const QUOTED = /^ {0,3}> ?/;
const RULE = /^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$/;
const TABLE_RULE = /^ *\|?(?: *:?-+:? *\|)+ *(?::?-+:?)? *$/;
const INLINE = new RegExp(
[
/(`+)(?!`)([^]*?[^`])\1(?!`)/, // `code`
/\*\*(?=\S)([^]*?\S)\*\*/, // **strong**
/(?<![\w*])(?<sign>[*_])(?=[^\s*_])([^*_]*?[^\s*_])\k<sign>(?![\w*])/, // *slanted* or _slanted_, not within a name
/\[(\d{1,3})\]/, // a mark: [1]
/\\([!-/:-@[-`{-~])/, // \* as itself
].map((each) => each.source).join("|"),
"g",
);
function renderMarkdown(container, text, context) {
const blocks = splitBlocks(text.slice(0, LONGEST).replace(/\r\n?/g, "\n").split("\n"));
blocks.forEach((block, at) => {
const shown = container.children[at];
if (shown && sourceOf.get(shown) === block.source) return;
const made = makeBlock(block, context, 0);
sourceOf.set(made, block.source);
if (shown) shown.replaceWith(made);
else container.append(made);
});
while (container.children.length > blocks.length) container.lastChild.remove();
}
const sourceOf = new WeakMap();
function splitBlocks(lines) {
const blocks = [];
let at = 0;
while (at < lines.length) {
if (!lines[at].trim()) {
at += 1;
continue;
}
const [kind, end] = findBlock(lines, at);
const own = lines.slice(at, end);
blocks.push({ kind, lines: own, source: own.join("\n") });
at = end;
}
return blocks;
}
function findBlock(lines, at) {
if (FENCE.test(lines[at])) return ["code", endOfFence(lines, at)];
if (HEADING.test(lines[at])) return ["heading", at + 1];
if (RULE.test(lines[at])) return ["rule", at + 1];
if (ITEM.test(lines[at])) return ["list", endOfList(lines, at)];
if (QUOTED.test(lines[at])) return ["quote", endWhere(lines, at, (line) => !QUOTED.test(line))];
if (isTable(lines, at)) return ["table", endWhere(lines, at, (line) => !line.includes("|"))];
return ["paragraph", endWhere(lines, at, (line, number) => number > at && beginsBlock(lines, number))];
}
function beginsBlock(lines, at) {
return [FENCE, HEADING, ITEM, QUOTED].some((form) => form.test(lines[at])) || isTable(lines, at);
}
function isTable(lines, at) {
const rule = lines[at + 1] ?? "";
return lines[at].includes("|") && rule.length < LONGEST_RULE && TABLE_RULE.test(rule);
}
function endWhere(lines, at, ends) {
let end = at + 1;
while (end < lines.length && lines[end].trim() && !ends(lines[end], end)) end += 1;
return end;
}
function endOfFence(lines, at) {
const mark = FENCE.exec(lines[at])[2];
const closes = new RegExp(`^ *${mark[0]}{${mark.length},} *$`);
for (let end = at + 1; end < lines.length; end += 1) if (closes.test(lines[end])) return end + 1;
return lines.length;
}
function endOfList(lines, at) {
const indent = ITEM.exec(lines[at])[1].length;
const isNumbered = Boolean(ITEM.exec(lines[at])[3]);
let end = at + 1;
for (let next = end; next < lines.length; next += 1) {
const item = ITEM.exec(lines[next]);
const isBlank = !lines[next].trim();
const isIndented = /^ */.exec(lines[next])[0].length > indent + 1;
const isSibling = item && item[1].length <= indent + 1 && Boolean(item[3]) === isNumbered;
const isLazy = next === end && !isBlank && !beginsBlock(lines, next) && Boolean(lines[next - 1].trim());
if (isBlank) continue;
if (!isIndented && !isSibling && !isLazy) break;
if (isIndented && FENCE.test(lines[next])) next = endOfFence(lines, next) - 1;
end = next + 1;
}
return Math.min(end, lines.length);
}
function makeBlock(block, context, depth) {
const { kind, lines } = block;
if (kind === "code") return makeCode(lines, context);
if (kind === "rule") return make("hr");
if (kind === "table") return makeTable(lines, context);
if (kind === "list" && depth < DEEPEST) return makeList(lines, context, depth);
if (kind === "quote" && depth < DEEPEST) {
return make("blockquote", {}, ...makeBlocks(lines.map((line) => line.replace(QUOTED, "")), context, depth));
}
const text = kind === "heading" ? HEADING.exec(lines[0])[1] : lines.map((line) => line.trim()).join("\n");
return make("p", { class: kind === "heading" && "heading" }, ...makeInline(text, context));
}
function makeBlocks(lines, context, depth) {
return splitBlocks(lines).map((block) => makeBlock(block, context, depth + 1));
}
function makeCode(lines, context) {
const [, indent, , language] = FENCE.exec(lines[0]);
const isClosed = lines.length > 1 && /^ *(`{3,}|~{3,}) *$/.test(lines.at(-1));
const cut = new RegExp(`^ {0,${indent.length}}`);
const text = lines.slice(1, isClosed ? -1 : undefined).map((line) => line.replace(cut, "")).join("\n");
return context.code(make("pre", { tabindex: "0" }, make("code", {}, text)), text, language);
}
function makeList(lines, context, depth) {
const items = [];
const indent = ITEM.exec(lines[0])[1].length;
let first = null;
let width = 0;
for (const line of lines) {
const item = ITEM.exec(line);
if (item && (item[1].length <= indent + 1 || !items.length)) {
first ??= item[3] ?? "";
width = item[0].length;
items.push([line.slice(width)]);
} else {
items.at(-1).push(line.replace(new RegExp(`^ {0,${width}}`), ""));
}
}
const attributes = first ? { start: first !== "1" && first } : {};
return make(first ? "ol" : "ul", attributes, ...items.map((own) => make("li", {}, ...makeItem(own, context, depth))));
}
function makeItem(lines, context, depth) {
const [begin, ...others] = makeBlocks(lines, context, depth);
if (!begin) return [];
return begin.localName === "p" && !begin.className ? [...begin.childNodes, ...others] : [begin, ...others];
}
function makeTable(lines, context) {
const cellsOf = (line) => line.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/);
const makeCell = (cell, name) => make(name, {}, ...makeInline(cell.trim().replace(/\\\|/g, "|"), context));
const makeRow = (line, name) => make("tr", {}, ...cellsOf(line).map((cell) => makeCell(cell, name)));
const head = make("thead", {}, makeRow(lines[0], "th"));
const body = make("tbody", {}, ...lines.slice(2).map((line) => makeRow(line, "td")));
return make("div", { class: "wide", tabindex: "0" }, make("table", {}, head, body));
}
function makeInline(text, context) {
const made = [];
let at = 0;
for (const found of text.matchAll(INLINE)) {
const [whole, , code, strong, , slanted, number, escaped] = found;
made.push(text.slice(at, found.index));
at = found.index + whole.length;
if (code !== undefined) made.push(make("code", {}, code.replace(/^ (.*\S.*) $/, "$1")));
else if (strong !== undefined) made.push(make("strong", {}, ...makeInline(strong, context)));
else if (slanted !== undefined) made.push(make("em", {}, ...makeInline(slanted, context)));
else if (number !== undefined) made.push(context.mark(Number(number)) ?? whole);
else made.push(escaped);
}
made.push(text.slice(at));
return made.filter(Boolean);
}
const SILENCE_MS = 120000;
const EVENTS = "text/event-stream";
const JSON_TYPE = "application/json";
class Failure extends Error {}
async function ask(options, question, previous, signal, on) {
const silence = new AbortController();
const stop = () => silence.abort();
signal.addEventListener("abort", stop);
let timer = setTimeout(stop, SILENCE_MS);
try {
const response = await post(options, "/v1/ask", EVENTS, toRequest(options, question, previous), silence.signal);
for await (const [name, data] of readEvents(response.body, () => {
clearTimeout(timer);
timer = setTimeout(stop, SILENCE_MS);
})) {
if (name === "error") throw new Failure(sentenceOf(data) || options.texts.lost);
on(name, data);
if (name === "answer") return;
}
throw new Failure(options.texts.lost);
} catch (error) {
if (error instanceof Failure || signal.aborted) throw error;
throw new Failure(options.texts.lost);
} finally {
clearTimeout(timer);
signal.removeEventListener("abort", stop);
silence.abort();
}
}
async function rate(options, answer, thumb, more = {}) {
await post(options, "/v1/feedback", JSON_TYPE, { id: answer, thumb, ...more });
}
function toRequest(options, question, previous) {
const request = { question };
if (previous.length) request.previous = previous;
if (options.sources.length) request.sources = options.sources;
if (options.version) request.version = options.version;
if (options.docsLanguage) request.language = options.docsLanguage;
return request;
}
async function post(options, path, accept, body, signal) {
const headers = { "Content-Type": JSON_TYPE, Accept: accept };
if (options.key) headers.Authorization = `Bearer ${options.key}`;
let response;
try {
response = await fetch(options.api + path, {
method: "POST",
headers,
body: JSON.stringify(body),
signal,
credentials: "omit",
cache: "no-store",
referrerPolicy: "no-referrer",
redirect: "error",
});
} catch (error) {
if (signal?.aborted) throw error;
throw new Failure(await explain(options, signal));
}
if (response.ok) return response;
const said = sentenceOf(await response.json().catch(() => null));
throw new Failure(said || fill(options.texts.failed, { status: response.status }));
}
async function explain({ api, texts }, signal) {
if (!navigator.onLine) return texts.offline;
const quietly = { mode: "no-cors", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", signal };
const isThere = await fetch(`${api}/healthz`, quietly).then(() => true, () => false);
return isThere ? texts.refused : texts.unreachable;
}
function sentenceOf(data) {
const said = data?.error?.message;
return typeof said === "string" ? said : "";
}
async function* readEvents(body, onBytes) {
const reader = body.pipeThrough(new TextDecoderStream()).getReader();
let rest = "";
let name = "";
let data = [];
try {
for (;;) {
const { done, value } = await reader.read();
if (done) return;
onBytes();
const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
rest = lines.pop();
for (const line of lines) {
if (line.startsWith("event:")) name = line.slice(6).trim();
else if (line.startsWith("data:")) data.push(line.slice(5));
else if (!line && data.length) {
yield [name, JSON.parse(data.join("\n"))];
[name, data] = ["", []];
}
}
}
} finally {
reader.cancel().catch(() => {});
}
}
const MOST_LINKS = 10;
const LONGEST_LABEL = 150;
const LONGEST_COMMENT = 1000;
class Reply {
#options;
#report;
#text = "";
#citations = [];
#answer = make("div", { class: "answer", "aria-busy": "true" });
#end = make("div");
constructor(options, question, report) {
this.#options = options;
this.#report = report;
this.question = question;
this.element = make("article", {}, make("h3", { class: "question" }, question), this.#answer, this.#end);
}
get turn() {
return this.remembered ? { question: this.question, answer: this.remembered } : null;
}
grow({ text = "", citations = [] }) {
this.#text += text;
if (citations.length) this.#citations = citations;
this.#draw();
}
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
stop() {
this.#note(this.#options.texts.stopped);
if (this.#citations.length) this.#addSection(this.#options.texts.sources, this.#citations);
this.remembered = this.#text;
this.#settle();
}
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
function urlOf(citation) {
return toWebUrl(citation.href || "") || toWebUrl(citation.url);
}
function labelOf(citation) {
const label = citation.path?.join(" › ") || citation.title || citation.url;
return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label;
}
const NAME = "footnote";
const MOST = 20;
class Memory {
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
function buildPanel(options) {
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
const REMEMBERED_TURNS = 5;
const MARGIN = 16;
const COMPOSING = 229;
const FOCUSABLE = "a[href], button:not([disabled]), textarea, [tabindex='0']";
class Dialog {
#options;
#memory;
#panel;
#replies = [];
#asking = null;
#opener = null;
#hasConsent;
constructor(options, memory) {
this.#options = options;
this.#memory = memory;
this.#hasConsent = !options.consent || memory.hasConsent;
this.#panel = buildPanel(options);
this.#listen();
for (const kept of memory.replies) this.#restore(kept);
this.#update();
}
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
#sendOnEnter(event) {
if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === COMPOSING) return;
event.preventDefault();
this.#submit();
}
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
function findFocus() {
let node = document.activeElement;
while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
return node === document.body ? null : node;
}
const HOST = "footnote-widget";
const MOST_RETURNS = 100;
function start(script) {
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
function themeOf(element) {
const [red, green, blue, alpha = 1] = getComputedStyle(element).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
if (red === undefined || alpha < 0.5) return null;
return red * 0.299 + green * 0.587 + blue * 0.114 < 128 ? "dark" : "light";
}
const script = document.currentScript ?? document.querySelector('script[src*="/widget.js"]');
if (script && document.body) start(script);
else if (script) document.addEventListener("DOMContentLoaded", () => start(script));
})();
