"""The shape of what one generator calls the parts of its pages; `ingest.html.known` gathers all of them.

Names are those of a generator or of a theme, never those of a site. A name is a class, or `tag.class` where the class
means another thing on other tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupVocabulary:
    """The names of one generator, separated by blanks; `text` and `text_ids` by how surely they hold the text."""

    note_marks: str = ""
    """Signs of footnotes, citations and comments, in the text and where they are explained."""

    furniture: str = ""
    """What belongs to the site or to its controls, whatever it says."""

    furniture_ids: str = ""

    small_links: str = ""
    """Names of small links that other authors give to headings and blocks of text; those are kept."""

    hidden: str = ""
    """What a style sheet of the generator hides from readers."""

    put_away: str = ""
    """Classes that a control takes off what it opens; what no control opens is hidden."""

    text: Mapping[str, int] = field(default_factory=dict)
    """Classes of the node that holds the text: rank 0 is surest (`ingest.html.landmarks`)."""

    text_ids: Mapping[str, int] = field(default_factory=dict)

    named_blocks: str = ""
    """Blocks of text whose id the author wrote, where other divisions have ids for the layout."""

    callouts: str = ""
    """Numbered badges within code that point to an explanation."""

    removed: str = ""
    """Lines of code that a shown change takes out."""

    line_numbers: str = ""

    unselectable: str = ""
    """What a reader cannot copy: a number within code that has such a name counts its lines."""

    code: str = ""
    """Containers other than `<pre>` that hold nothing but code."""

    code_titles: str = ""

    formulas: str = ""

    tab_sets: str = ""

    tab_rows: str = ""
    """The row of labels above the panels of a set of tabs."""

    bylines: str = ""
    """Headings that name an author, and begin no section."""

    column_tables: Mapping[str, int] = field(default_factory=dict)
    """Tables made of `<div>`s, by their number of columns."""

    version_metas: str = ""
    """Names of `<meta>` that hold the version which a page documents."""

    mounts: str = ""
    """Elements that scripts fill with the whole page."""

    mount_ids: str = ""
    """Ids of elements that scripts fill with the whole page."""

    furniture_pairs: str = ""
    """Two classes, `a+b`, that make furniture only together."""

    furniture_attributes: str = ""
    """Attributes with a value, `name=value`, of furniture."""

    code_frames: str = ""
    """Frames around a block of code in which a title is the name of a file."""

    line_frames: str = ""
    """Containers whose children of class `line` are lines of code."""

    member_tables: str = ""
    """Tables in which one plain row among others is a row."""

    boxed: str = ""
    """Tables that frame a declaration."""

    note_attributes: str = ""
    """Attributes that hold the kind of an admonition."""

    spoken: str = ""
    """What is shown to screen readers alone."""

    note_lists: str = ""
    """What holds the footnotes of a page."""

    side_notes: str = ""
    """Notes whose text stands within the sentence, and is shown in the margin."""

    ligatures: str = ""
    """Icons whose text is their name in a font: `<i class="material-icons">check</i>`."""

    task_lists: str = ""
    """Lists whose items say by a class of `checked` whether they are done."""

    checked: str = ""
    """Boxes that are drawn checked, and items of `task_lists` that are."""

    unchecked: str = ""

    struck: str = ""
    """What a style sheet strikes through: text that the page has withdrawn."""
