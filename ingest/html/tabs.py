"""Tabs: every panel is content, and its label names the choice ("npm:", "Windows:").

    [role=tablist] + [role=tabpanel]         ARIA: Docusaurus, Starlight, sphinx-tabs
    label + div, alternating                 sphinx-design, sphinx-inline-tabs
    a row of labels, then a row of panels    MkDocs, VitePress

Labels are found by their attributes, else by position. A hidden panel without a label is not a panel.
"""

from __future__ import annotations

from ingest.html.hidden import is_tab_panel
from ingest.html.inline import render_line
from ingest.html.known import TAB_ROWS, TAB_SETS
from ingest.html.tree import CONTROL, Node, Page

_CLIMB = 4
_LABEL_TAGS = frozenset({"label", "button", "a", "li"})


def is_set(node: Node) -> bool:
    """Return whether a container holds panels of which radio buttons or a row of labels choose one."""
    return not TAB_SETS.isdisjoint(node.classes) and bool(node.holds & CONTROL or _label_row(node) or _own_labels(node))


def panels_of(container: Node) -> list[tuple[str, Node]]:
    """Return the panels of a set in order, each with its label; [] where the labels do not fit the panels."""
    own = _own_labels(container)
    if own:
        return _alternating(container)
    row = _label_row(container)
    labels = [render_line(kid) for kid in _labels(row)] if row is not None else []
    panels: list[Node] = []
    for kid in container.nodes:
        if kid is not row and kid.shown and kid.tag not in {"input", "label"}:
            panels = [panel for panel in kid.nodes if panel.shown]
    return list(zip(labels, panels, strict=True)) if labels and len(labels) == len(panels) else []


def is_row(node: Node, page: Page) -> bool:
    """Return whether a node is a row of labels that come with their panels."""
    if node.attrs.get("role") == "tablist":
        return True
    if not node.classes or TAB_ROWS.isdisjoint(node.classes):
        return False
    inner, labels = _below(node), set(page.labels.values())
    return any(kid in labels for kid in inner) and not any(map(is_tab_panel, inner))


def label_of(panel: Node, page: Page) -> str:
    """Return the label of a panel, by its attributes or by position; "" where none is found."""
    if panel.attrs.get("role") != "tabpanel" and not panel.get("aria-labelledby"):
        tab = page.labels.get(f"#{panel.get('id')}")
        return render_line(tab) if tab is not None else _by_row(panel)
    for name in panel.get("aria-labelledby").split():
        if name in page.labels:
            return render_line(page.labels[name])
    if (tab := page.labels.get(f"#{panel.get('id')}")) is not None:
        return render_line(tab)
    return _by_position(panel)


def _by_position(panel: Node) -> str:
    siblings = [kid for kid in panel.parent.nodes if kid.attrs.get("role") == "tabpanel"] if panel.parent else []
    holder = panel.parent
    for _ in range(_CLIMB):
        if holder is None:
            return ""
        tabs = _tabs_in(holder)
        if tabs:
            at = siblings.index(panel) if panel in siblings else -1
            return render_line(tabs[at]) if len(tabs) == len(siblings) and at >= 0 else ""
        holder = holder.parent
    return ""


def _by_row(panel: Node) -> str:
    """Return the label of one of several panels of a class after a row of as many buttons."""
    kids = panel.parent.nodes if panel.parent is not None and panel.classes else []
    panels = [kid for kid in kids if not kid.classes.isdisjoint(panel.classes)]
    row = kids[kids.index(panels[0]) - 1] if len(panels) > 1 and kids[0] is not panels[0] else None
    labels = [kid for kid in row.nodes if kid.tag in _LABEL_TAGS] if row is not None else []
    fits = len(labels) == len(panels) and row is not None and len(row.nodes) == len(labels)
    return render_line(labels[panels.index(panel)]) if fits else ""


def _tabs_in(holder: Node) -> list[Node]:
    for kid in holder.nodes:
        lists = [kid, *kid.nodes]
        for candidate in lists:
            if candidate.attrs.get("role") == "tablist":
                return [tab for tab in _below(candidate) if tab.attrs.get("role") == "tab"]
    return []


def _below(node: Node) -> list[Node]:
    found: list[Node] = []
    for kid in node.nodes:
        found.append(kid)
        found.extend(_below(kid))
    return found


def _own_labels(container: Node) -> list[Node]:
    return [kid for kid in container.nodes if kid.tag == "label"]


def _alternating(container: Node) -> list[tuple[str, Node]]:
    found: list[tuple[str, Node]] = []
    label = ""
    for kid in container.nodes:
        if kid.tag == "label":
            label = render_line(kid)
        elif kid.tag != "input" and kid.shown:
            found.append((label, kid))
            label = ""
    return found


def _label_row(container: Node) -> Node | None:
    for kid in container.nodes:
        if not TAB_ROWS.isdisjoint(kid.classes) or kid.attrs.get("role") == "tablist":
            return kid
    return None


def _labels(row: Node) -> list[Node]:
    return [kid for kid in row.nodes if kid.tag in _LABEL_TAGS]
