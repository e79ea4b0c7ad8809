// Where a page stands once a link to it was followed: is the quote on the screen, and where is the anchor of the link?
// Texts are compared by their letters and digits alone, so that markup and white space do not matter.
([wanted, anchor]) => {
  const EDGE = 4; // of a line's box, which is taller than its letters
  const SKIPPED = "script, style, noscript, template, head";
  const letters = (text) => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
  const places = [];
  let whole = "";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest(SKIPPED)) continue;
    for (let at = 0; at < node.data.length; at += 1) {
      for (const letter of letters(node.data[at])) {
        whole += letter;
        places.push([node, at]);
      }
    }
  }
  const isOnTop = (x, y, own) => {
    const top = document.elementFromPoint(x, y);
    return top !== null && (top.contains(own) || own.contains(top));
  };
  const isShown = (rect, node) => {
    if (rect.top < -EDGE || rect.bottom > innerHeight + EDGE || rect.left < 0 || rect.left >= innerWidth) return false;
    const middle = Math.max(1, (rect.top + rect.bottom) / 2);
    return [rect.left + 1, (rect.left + rect.right) / 2].some((x) => isOnTop(x, middle, node.parentElement));
  };
  const target = anchor && (document.getElementById(anchor) || document.getElementsByName(anchor)[0]);
  const found = [];
  const looked = letters(wanted);
  for (let at = whole.indexOf(looked); looked && at >= 0; at = whole.indexOf(looked, at + 1)) {
    const [first, begin] = places[at];
    const [last, end] = places[at + looked.length - 1];
    const range = document.createRange();
    range.setStart(first, begin);
    range.setEnd(last, end + 1);
    const rects = [...range.getClientRects()].filter((rect) => rect.width > 0 && rect.height > 0);
    const follows = target && (target.contains(first) || target.compareDocumentPosition(first) & 4);
    found.push({
      follows: Boolean(follows),
      drawn: rects.length > 0,
      shown: rects.length > 0 && isShown(rects[0], first) && isShown(rects.at(-1), last),
      top: rects.length ? rects[0].top : null,
      bottom: rects.length ? rects.at(-1).bottom : null,
    });
  }
  return {
    found,
    anchor: Boolean(target),
    anchorTop: target ? target.getBoundingClientRect().top : null,
    scroll: scrollY,
    height: innerHeight,
  };
}
