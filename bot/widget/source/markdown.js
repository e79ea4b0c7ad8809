// The markdown of an answer as elements. HTML, links and images in it stay text: an answer's links are its sources.
//
//     "Use `fit`. [1]\n\n- a\n- b" -> <p>Use <code>fit</code>. <a class="mark">1</a></p> <ul><li>a</li><li>b</li></ul>

import { make } from "./dom.js";

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

/**
 * Show a text in `container`, and keep the elements of blocks that did not change: a reader's selection survives while
 * an answer grows. `context` makes what depends on the answer: `mark(number)` and `code(pre, text)`.
 */
export function renderMarkdown(container, text, context) {
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

/** Return the blocks of some lines: each with its kind, its lines, and its source to be compared. */
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

/** Return the kind of the block that begins at a line, and the line after its end. */
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

/** A list goes on over blank lines as long as what follows is indented or is an item of the same kind. */
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

/** A list item that begins with text shows it without the space of a paragraph. */
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

/** Return text and elements of one paragraph. */
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
