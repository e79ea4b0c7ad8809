// Elements, icons and addresses. Nothing here or elsewhere in the widget writes markup: text becomes text nodes.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  ask: "M4 4h16v12H9l-5 4V4zm4 5h8M8 12h5",
  close: "M6 6l12 12M18 6L6 18",
  up: "M7 10v10H4V10h3zm0 0l4-7c1.6 0 2.5 1 2.200 2.6L12.5 9H20l-2 11H7",
  down: "M7 14V4H4v10h3zm0 0l4 7c1.6 0 2.5-1 2.200-2.6L12.5 15H20L18 4H7",
  copy: "M9 9h11v11H9V9zM5 15H4V4h11v1",
  fresh: "M12 5v14M5 12h14",
};

/**
 * Return a new element. `onclick` and the like are listeners; attributes that are false, null or undefined are left
 * out. Attribute names come from this code alone, and addresses from `toWebUrl`.
 */
export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

/** Return an icon that screen readers pass over. */
export function makeIcon(name) {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  icon.append(path);
  return icon;
}

/** Return a button that shows an icon and is named by a text; `onclick` may be added later. */
export function makeIconButton(icon, label, onclick, attributes = {}) {
  const named = { type: "button", class: "icon", "aria-label": label, title: label };
  const button = make("button", { ...named, ...attributes }, makeIcon(icon));
  if (onclick) button.addEventListener("click", onclick);
  return button;
}

/** Return an address of the web as browsers write it; "" for all others, such as `javascript:`. */
export function toWebUrl(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
  } catch {
    return "";
  }
}

/** Return a text with its values: `fill("{count} left", { count: 2 })` -> `"2 left"`. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
