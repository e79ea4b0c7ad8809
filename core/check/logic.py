"""The words of logic by which `core.check.clauses` reads a sentence: closed classes, and none of any subject.

English; the negations, conditions and conjunctions of German, French and Spanish as well.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PHRASES = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"n['’]t\b", " not"),
        (r"\bcannot\b", "can not"),
        (r"\b(?:if|when|where) not\b|\bwhether or not\b|\bno matter\b|\bin no case\b|\bunder no \w+\b", " otherwise "),
        (r"\bno (?:more|less|later|earlier|fewer|other|one else) \b|\bnothing but\b|\bby no means\b", " otherwise "),
        (r"\bmust not necessarily\b", "optionally"),
        (r"\bnot (?:only|just|merely|necessarily|always|all|every|both|until|so much)\b", " otherwise "),
        (r"\bnot (?=(?:[\w`-]+ ){1,5}but\b)", "otherwise "),
        (r"\bneither\b(?P<one>[^,;:]*?)\bnor\b", r"neither\g<one>or"),
        (r"\bonly (?=(?:if|when|where|while|with|after|once)\b)", "only provided "),
        (r"\b(?:rather than|as opposed to)\b", "not"),
        (r"\binstead of\b", "insteadof"),
        (r"\bno longer\b|\bnot yet\b|\bno more\b|\bnot at all\b|\bnot be able to\b|\bunable to\b", "not"),
        (
            r"\bneed not\b|\bnot (?:need|have|required|obliged|necessary) to\b|\bno need to\b"
            r"|\bwithout (?:having|needing) to\b",
            "optionally",
        ),
        (r"\b(?:has|have|had|needs?|required|necessary|obliged) to\b|\bshall\b", "must"),
    )
)
"""Phrases that are read as one word: what says "not", "must" or "need not" (`OPTIONALLY`), and what may mean either."""

PARENTHESES = re.compile(
    r", (?:for (?:example|instance)|however|therefore|though|then|of course|in general|currently|too|that is|e\.g\."
    r"|by default|if any|in turn|in fact),",
    re.IGNORECASE,
)
"""What stands between two commas and ends no clause: "not possible, for example, to join them"."""

OPTIONALLY, MUST = "optionally", "must"

NEGATIONS = _words("""
insteadof not never no without neither nor none nothing nobody reverse reversed opposite inverse
nicht nie niemals kein keine keinen keiner keinem ohne
ne pas jamais aucun aucune sans
nunca sin ningún ninguna ninguno tampoco
""")
DETERMINERS = _words(
    "no neither none nothing nobody kein keine keinen keiner keinem aucun aucune ningún ninguna ninguno"
)
"""Negations that deny a clause where they open it: "no file is read" says that files are not read."""

PREPOSITIONS = _words("without ohne sans sin")
OPENING_PREPOSITIONS = PREPOSITIONS | _words("with in for by on at under during to from mit bei avec con")
"""What opens a phrase that may be a condition of what follows."""

CONDITIONS = _words("unlike contrary unless except excepting otherwise provided until till sauf außer salvo excepto")
RESTRICTIONS = _words("""
only solely exclusively alone just instead rather else provided
nur sondern statt sonst seulement uniquement sinon solo sino
""") | {OPTIONALLY}
"""What may negate even where both sides have it: it may restrict another word there."""

HEDGES = RESTRICTIONS | _words("""
barring excluding exclude excludes excluded fail fails failed failing failure prevent prevents prevented preventing
avoid avoids avoided avoiding refuse refuses refused reject rejects rejected deny denies denied
forbid forbids forbidden disallow disallows disallowed prohibit prohibits prohibited
lack lacks lacking miss misses missing absent absence omit omits omitted ignore ignores ignored skip skips skipped
stop stops stopped disable disables disabled hide hides hidden drop drops dropped remove removes removed
discard discards discarded lose loses lost leave leaves leaving left out off free exempt bypass bypasses
false null empty zero hardly rarely seldom barely little few too keep keeps kept stay stays remain remains
error errors optional weder
""")
"""What can negate in another way than "not": such a word on the other side makes a paraphrase likely."""

NEGATIVE_FORM = re.compile(
    r"(?:un|non|dis|mis)(?!der|til|its?\b|i[cfoq]|like|tr|play|cuss|cover|k\b|cs\b)[a-z-]{4,}|[a-z]{3,}less"
)
FUNCTION = _words("""
the a an of to in on at by for from with than as is are was were be been being am do does did done doing will would can
could may might should has have had having this that these those it its they them their there here he she we you your
i our and or so then also any some each every all both such own ever yet still even whether who which whose what how up
into onto using about over under between through during via per other others always again already now thus therefore
hence must der die das den dem des ein eine einen einer eines und oder ist sind wird werden wurde wurden hat haben kann
können muss müssen soll von zu mit für auf bei es sie er man sich auch so wenn als im am
le la les un une des du de et ou est sont être ont peut doit il elle on se que qui en dans par pour si
el los las uno unos unas son ser está puede debe por para al del lo con
""")
ENDS = _words("""
but because unless if when where while although though since before after until once except otherwise which who
that aber weil wenn dass mais parce lorsque quand pero porque cuando
""")
"""What begins another clause."""

SUBORDINATE = _words("if when where whenever that which wenn si quand cuando")
CONDITIONAL = SUBORDINATE - {"that"} | {"who", "while"}
RELATIVE = re.compile(r"that (?:is|are|was|were|does|do|did|has|have|can|must|may|will|not|never|no)\b")
UNREAL = _words("unless before until till except otherwise")
"""What begins a clause that may not be so."""

EVALUATIONS = _words("""
allowed permitted possible supported recommended advised safe able true case meant intended designed right valid legal
available good
""")
"""Words behind a negation that judge what the rest of the clause says: all of it is negated."""

POINTERS = _words("this these that those it they such both neither")
YES_OR_NO = re.compile(r"^\W*(?:yes|no|nein|ja|non|oui|sí)[.,:;!]+\s+", re.IGNORECASE)
