"""The fixed sentences that people see, once in each language of the catalogue, and which language that is.

    ANSWER_LANGUAGE=German ──sentences_in──> GERMAN.stopped        "Angehalten, wie gewünscht."
    a language that is not here ──────────> ENGLISH.stopped        "Stopped, as you asked."

A sentence is a field: what one language lacks, the type checker names. Values go in by `format`, never by joining, so
that a language may put them where it wants; a value is not read again, so `{0}` in it arrives as it is. Answers
themselves are written by readers; `/docs` for administrators speaks English. `docs/messages.md` shows all of them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Sentences:
    """All fixed sentences in one language. Names in braces are what `format` needs."""

    # Where there is no answer, or not all of one.
    not_relevant: str
    no_context: str
    does_not_know: str
    not_sure: str
    apology: str
    blocked: str
    cut_off: str
    partly: str
    not_covered: str
    shortened: str
    unchecked: str
    quoted: str
    left_out_one: str
    left_out_many: str
    doubted: str
    by_words: str
    capped: str
    # What is refused, and why.
    help: str
    for_example: str
    prompts_title: str
    what_can_you_answer: str
    sample_about: str
    too_long: str
    nothing_indexed: str
    sources_gone: str
    answers_from: str
    answers_from_more: str
    busy: str
    limit_open: str
    limit_minute: str
    limit: str
    limit_and: str
    answers_take: str
    external: str
    already_answered: str
    # Below and around an answer.
    sources: str
    closest: str
    further: str
    looking: str
    shared_by: str
    files_unread: str
    title_only: str
    role_mentioned: str
    # Controls, and what they answer.
    why: str
    share: str
    say_more: str
    details: str
    close: str
    send: str
    cancel: str
    stop: str
    stopped: str
    searching: str
    searched_one: str
    searched_many: str
    good: str
    bad: str
    thanks_good: str
    thanks_bad: str
    what_was_bad: str
    what_is_it: str
    anything_else: str
    is_wrong: str
    is_not_in_sources: str
    is_incomplete: str
    is_outdated: str
    is_about_else: str
    why_quoted: str
    why_written: str
    why_ours: str
    why_read_one: str
    why_read_many: str
    why_nothing_read: str
    used: str
    also_read: str
    gone: str
    not_yours: str
    away: str
    shared: str
    may_not_write: str
    not_a_member: str
    may_not_write_here: str
    ask_on: str
    fast: str
    answered_below: str
    only_by_ask: str
    not_in_direct: str
    no_such_source: str
    # Quiet, and people.
    muted: str
    unmuted: str
    hand_over: str
    hand_over_nobody: str
    # The widget on a page.
    widget_button: str
    widget_title: str
    widget_intro: str
    widget_placeholder: str
    widget_question: str
    widget_conversation: str
    widget_send: str
    widget_close: str
    widget_new: str
    widget_agree: str
    widget_terms: str
    widget_answering: str
    widget_done: str
    widget_partly: str
    widget_not_answered: str
    widget_source: str
    widget_new_tab: str
    widget_copy: str
    widget_copy_code: str
    widget_copied: str
    widget_not_copied: str
    widget_retry: str
    widget_lost: str
    widget_unreachable: str
    widget_refused: str
    widget_offline: str
    widget_failed: str
    widget_count: str


ENGLISH = Sentences(
    not_relevant="The documentation I have indexed does not seem to cover this.",
    no_context="I found nothing about this in the documentation I have indexed.",
    does_not_know="I could not find a supported answer in the documentation. These sections come closest.",
    not_sure="I am not sure that the docs say this. The closest sections:",
    apology="Sorry, I could not write an answer just now.",
    blocked="It was blocked by the model provider's content filter: please ask in other words.",
    cut_off="Sorry, the answer was cut off here.",
    partly="I could not find all of what you asked in the documentation.",
    not_covered="The documentation does not cover: {what}.",
    unchecked="I could not check the model's answer against the documentation.",
    quoted="This is what the pages say:",
    shortened="The answer is longer than I can show; the sources have the rest.",
    left_out_one="I left out one sentence that the sources do not support.",
    left_out_many="I left out {count} sentences that the sources do not support.",
    doubted="A second model doubts this. The page says: “{quote}”",
    by_words="Searched by words alone: the search by meaning is not available just now.",
    capped="Today's budget for the language model is used up, so I only quote the pages.",
    help="Ask me a question about the documentation in a sentence.",
    for_example="For example:",
    prompts_title="Ask about the documentation",
    what_can_you_answer="What can you answer?",
    sample_about="What do I need to know about “{what}”?",
    too_long="That question has {length} characters: please shorten to {longest} characters.",
    nothing_indexed=(
        "Nothing is indexed here yet. An administrator adds documentation with `/docs add URL`; `/docs status` says "
        "how far it is read."
    ),
    sources_gone=(
        "The sources that this channel is answered from are not here any more. An administrator chooses others with "
        "`/docs settings sources=...`."
    ),
    answers_from="I answer from the documentation that I have read: {names}. {help}",
    answers_from_more="{names} and {count} more",
    busy="I have more questions than I can answer just now. Please ask again in a few minutes.",
    limit_open="{count} open questions",
    limit_minute="{count} questions a minute",
    limit=(
        "You ask faster than I can answer: I take {rules} from each person. What you asked beyond that I have left "
        "out; please ask it again in a minute."
    ),
    limit_and=" and ",
    answers_take="I have many questions to answer just now: answers take about {seconds} seconds.",
    external=(
        "This channel is shared with another workspace, where I do not answer. Ask me in a channel of your own, or let "
        "an operator set SLACK_ALLOW_EXTERNAL."
    ),
    already_answered="That message has its answer already, or I cannot answer it.",
    sources="Sources",
    closest="Closest sections",
    further="See also",
    looking="I am looking that up ...",
    shared_by="Asked and shared by {who}",
    files_unread="I could not read {files}.",
    title_only="I read only the title. Mention me or use /ask to ask more.",
    role_mentioned="You mentioned my role: Discord shows me no text then. Mention me by name, or use /ask.",
    why="Why this answer?",
    share="Share in channel",
    say_more="Say more",
    details="Details",
    close="Close",
    send="Send",
    cancel="Cancel",
    stop="Stop",
    stopped="Stopped, as you asked.",
    searching="is searching the documentation ...",
    searched_one="Searched 1 passage",
    searched_many="Searched {count} passages",
    good="Good answer",
    bad="Bad answer",
    thanks_good="Thank you.",
    thanks_bad="Thank you, that helps to improve the answers.",
    what_was_bad="What was bad?",
    what_is_it="What is wrong with it?",
    anything_else="Anything else?",
    is_wrong="It is wrong",
    is_not_in_sources="The sources do not say it",
    is_incomplete="Something is missing",
    is_outdated="It is out of date",
    is_about_else="It answers another question",
    why_quoted="I quoted the pages, word for word.",
    why_written="A model ({model}) wrote it from the pages, and I checked each sentence against its source.",
    why_ours="I wrote that myself: it does not come from the documentation.",
    why_read_one="I read one section of the documentation for it.",
    why_read_many="I read {count} sections of the documentation for it.",
    why_nothing_read="I found no section of the documentation for it.",
    used="What it rests on",
    also_read="Also read",
    gone="I do not have that answer any more.",
    not_yours="Only the person who asked can do that.",
    away="I cannot do that just now: my database does not answer. Please try again in a minute.",
    shared="The answer is shared.",
    may_not_write="I may not write in this channel.",
    not_a_member=(
        "I am not in this channel, so only you see this. To have me answer where all see it, invite me with "
        "`/invite @{name}`."
    ),
    may_not_write_here="I may not write in this channel, so only you see this.",
    fast="You ask faster than I can answer. Please ask this again in a minute.",
    answered_below="I answer that below the message.",
    only_by_ask="I may not write here. Ask me with `/ask` instead.",
    not_in_direct="That works in the channels of a server, and not in direct messages.",
    no_such_source="There is no source of that name here. Leave `site` out to ask all of them.",
    ask_on="To ask more, mention me or use /ask: I do not read other messages.",
    muted="I am quiet here now. Mention me to ask again.",
    unmuted="I am listening again.",
    hand_over="For this, ask {who}. I am quiet here now; mention me to ask again.",
    hand_over_nobody=(
        "I do not know whom to ask here. An administrator can name somebody with `/docs settings ask=...`."
    ),
    widget_button="Ask the docs",
    widget_title="Ask the documentation",
    widget_intro="Ask in your own words. Each answer names the sections that it rests on.",
    widget_placeholder="How do I ...?",
    widget_question="Your question",
    widget_conversation="Questions and answers",
    widget_send="Ask",
    widget_close="Close",
    widget_new="New conversation",
    widget_agree="I agree",
    widget_terms="Read more",
    widget_answering="Answering ...",
    widget_done="The answer is complete. Sources: {count}.",
    widget_partly="Partly answered",
    widget_not_answered="Not answered",
    widget_source="Source",
    widget_new_tab="(opens in a new tab)",
    widget_copy="Copy the answer",
    widget_copy_code="Copy the code",
    widget_copied="Copied.",
    widget_not_copied="The browser did not let me copy that.",
    widget_retry="Try again",
    widget_lost="The connection was lost before the answer was complete.",
    widget_unreachable="I cannot reach the server just now.",
    widget_refused="The server takes no questions from this page: its key is no longer good, or is meant for another "
    "site. Please tell the people who run this site.",
    widget_offline="You are offline. Connect to the internet, then try again.",
    widget_failed="The server could not answer (status {status}). Please try again in a minute.",
    widget_count="{count} of {longest} characters",
)

GERMAN = Sentences(
    not_relevant="Die Dokumentation, die ich gelesen habe, scheint das nicht zu behandeln.",
    no_context="Dazu habe ich in der Dokumentation, die ich gelesen habe, nichts gefunden.",
    does_not_know="Ich habe in der Dokumentation keine belegte Antwort gefunden. Diese Abschnitte kommen am nächsten.",
    not_sure="Ich bin nicht sicher, dass die Dokumentation das sagt. Am nächsten kommen:",
    apology="Entschuldigung, ich konnte gerade keine Antwort schreiben.",
    blocked="Der Inhaltsfilter des Modellanbieters hat sie blockiert: Bitte frag es mit anderen Worten.",
    cut_off="Entschuldigung, die Antwort bricht hier ab.",
    partly="Nicht alles, wonach du fragst, habe ich in der Dokumentation gefunden.",
    not_covered="Die Dokumentation behandelt nicht: {what}.",
    unchecked="Die Antwort des Modells konnte ich nicht an der Dokumentation prüfen.",
    quoted="Auf den Seiten steht:",
    shortened="Die Antwort ist länger, als ich zeigen kann; der Rest steht in den Quellen.",
    left_out_one="Einen Satz habe ich weggelassen, weil die Quellen ihn nicht belegen.",
    left_out_many="{count} Sätze habe ich weggelassen, weil die Quellen sie nicht belegen.",
    doubted="Ein zweites Modell bezweifelt das. Auf der Seite steht: „{quote}“",
    by_words="Nur nach Wörtern gesucht: Die Suche nach Bedeutung ist gerade nicht verfügbar.",
    capped="Das heutige Budget für das Sprachmodell ist aufgebraucht; ich zitiere nur die Seiten.",
    help="Stell mir eine Frage zur Dokumentation in einem Satz.",
    for_example="Zum Beispiel:",
    prompts_title="Frag die Dokumentation",
    what_can_you_answer="Was kannst du beantworten?",
    sample_about="Was muss ich wissen über „{what}“?",
    too_long="Diese Frage hat {length} Zeichen: Bitte kürze sie auf {longest} Zeichen.",
    nothing_indexed=(
        "Hier ist noch nichts indexiert. Wer hier Administrator ist, kann mit `/docs add URL` Dokumentation "
        "hinzufügen; `/docs status` zeigt, wie weit sie gelesen ist."
    ),
    sources_gone=(
        "Die Quellen, aus denen dieser Kanal Antworten bekommt, gibt es nicht mehr. Wer hier Administrator ist, kann "
        "mit `/docs settings sources=...` andere wählen."
    ),
    answers_from="Ich antworte aus der Dokumentation, die ich gelesen habe: {names}. {help}",
    answers_from_more="{names} und {count} weitere",
    busy="Ich habe gerade mehr Fragen, als ich beantworten kann. Bitte frag in ein paar Minuten noch einmal.",
    limit_open="{count} offene Fragen",
    limit_minute="{count} Fragen in der Minute",
    limit=(
        "Du fragst schneller, als ich antworten kann: Von jeder Person nehme ich {rules} an. Was darüber hinausging, "
        "habe ich weggelassen; bitte frag es in einer Minute noch einmal."
    ),
    limit_and=" und ",
    answers_take="Ich habe gerade viele Fragen zu beantworten: Eine Antwort dauert etwa {seconds} Sekunden.",
    external=(
        "Diesen Kanal teilt ihr mit einem anderen Workspace, und dort antworte ich nicht. Frag mich in einem eigenen "
        "Kanal, oder lass SLACK_ALLOW_EXTERNAL setzen."
    ),
    already_answered="Diese Nachricht hat ihre Antwort schon, oder ich kann sie nicht beantworten.",
    sources="Quellen",
    closest="Nächstliegende Abschnitte",
    further="Siehe auch",
    looking="Ich sehe nach ...",
    shared_by="Gefragt und geteilt von {who}",
    files_unread="Ich konnte {files} nicht lesen.",
    title_only="Ich habe nur den Titel gelesen. Erwähne mich oder nimm /ask, um mehr zu fragen.",
    role_mentioned="Bei meiner Rolle zeigt Discord mir keinen Text. Erwähne mich beim Namen, oder nimm /ask.",
    why="Warum diese Antwort?",
    share="Im Kanal teilen",
    say_more="Mehr dazu sagen",
    details="Einzelheiten",
    close="Schließen",
    send="Senden",
    cancel="Abbrechen",
    stop="Anhalten",
    stopped="Angehalten, wie gewünscht.",
    searching="durchsucht die Dokumentation ...",
    searched_one="1 Abschnitt durchsucht",
    searched_many="{count} Abschnitte durchsucht",
    good="Gute Antwort",
    bad="Schlechte Antwort",
    thanks_good="Danke.",
    thanks_bad="Danke, das hilft, die Antworten zu verbessern.",
    what_was_bad="Was war schlecht?",
    what_is_it="Was stimmt daran nicht?",
    anything_else="Noch etwas?",
    is_wrong="Sie ist falsch",
    is_not_in_sources="Die Quellen sagen das nicht",
    is_incomplete="Es fehlt etwas",
    is_outdated="Sie ist veraltet",
    is_about_else="Sie beantwortet eine andere Frage",
    why_quoted="Ich habe die Seiten Wort für Wort zitiert.",
    why_written="Ein Modell ({model}) hat sie aus den Seiten geschrieben; jeden Satz habe ich dort nachgeprüft.",
    why_ours="Das habe ich selbst geschrieben: Es stammt nicht aus der Dokumentation.",
    why_read_one="Dafür habe ich einen Abschnitt der Dokumentation gelesen.",
    why_read_many="Dafür habe ich {count} Abschnitte der Dokumentation gelesen.",
    why_nothing_read="Dafür habe ich keinen Abschnitt der Dokumentation gefunden.",
    used="Worauf die Antwort beruht",
    also_read="Außerdem gelesen",
    gone="Diese Antwort habe ich nicht mehr.",
    not_yours="Das kann nur die Person, die gefragt hat.",
    away="Das kann ich gerade nicht: Meine Datenbank antwortet nicht. Bitte versuch es in einer Minute noch einmal.",
    shared="Die Antwort ist geteilt.",
    may_not_write="In diesem Kanal darf ich nicht schreiben.",
    not_a_member=(
        "Ich bin nicht in diesem Kanal, darum siehst nur du das. Damit ich für alle antworte, lade mich ein: "
        "`/invite @{name}`."
    ),
    may_not_write_here="In diesem Kanal darf ich nicht schreiben, darum siehst nur du das.",
    fast="Du fragst schneller, als ich antworten kann. Bitte frag das in einer Minute noch einmal.",
    answered_below="Das beantworte ich unter der Nachricht.",
    only_by_ask="Hier darf ich nicht schreiben. Frag mich stattdessen mit `/ask`.",
    not_in_direct="Das geht nur in den Kanälen eines Servers, nicht in Direktnachrichten.",
    no_such_source="Eine Quelle dieses Namens gibt es hier nicht. Lass `site` weg, um alle zu fragen.",
    ask_on="Wenn du mehr wissen willst, erwähne mich oder nimm /ask: Andere Nachrichten lese ich nicht.",
    muted="Ich bin hier jetzt still. Erwähne mich, um wieder zu fragen.",
    unmuted="Ich höre wieder zu.",
    hand_over="Frag dazu {who}. Ich bin hier jetzt still; erwähne mich, um wieder zu fragen.",
    hand_over_nobody=(
        "Ich weiß nicht, wen du hier fragen kannst. "
        "Wer hier Administrator ist, kann mit `/docs settings ask=...` jemanden nennen."
    ),
    widget_button="Doku fragen",
    widget_title="Frag die Dokumentation",
    widget_intro="Frag in deinen eigenen Worten. Jede Antwort nennt die Abschnitte, auf denen sie beruht.",
    widget_placeholder="Wie kann ich ...?",
    widget_question="Deine Frage",
    widget_conversation="Fragen und Antworten",
    widget_send="Fragen",
    widget_close="Schließen",
    widget_new="Neues Gespräch",
    widget_agree="Einverstanden",
    widget_terms="Mehr dazu",
    widget_answering="Die Antwort entsteht ...",
    widget_done="Die Antwort ist vollständig. Quellen: {count}.",
    widget_partly="Teilweise beantwortet",
    widget_not_answered="Nicht beantwortet",
    widget_source="Quelle",
    widget_new_tab="(öffnet einen neuen Tab)",
    widget_copy="Antwort kopieren",
    widget_copy_code="Code kopieren",
    widget_copied="Kopiert.",
    widget_not_copied="Der Browser ließ mich das nicht kopieren.",
    widget_retry="Noch einmal",
    widget_lost="Die Verbindung brach ab, bevor die Antwort vollständig war.",
    widget_unreachable="Ich erreiche den Server gerade nicht.",
    widget_refused="Der Server nimmt von dieser Seite keine Fragen an: Ihr Schlüssel gilt nicht mehr oder gehört zu "
    "einer anderen Website. Bitte sag denen Bescheid, die diese Website betreiben.",
    widget_offline="Du bist offline. Verbinde dich mit dem Internet, dann versuch es noch einmal.",
    widget_failed="Der Server konnte nicht antworten (Status {status}). Bitte versuch es in einer Minute noch einmal.",
    widget_count="{count} von {longest} Zeichen",
)

_LANGUAGES = {
    "en": ENGLISH,
    "english": ENGLISH,
    "englisch": ENGLISH,
    "de": GERMAN,
    "german": GERMAN,
    "deutsch": GERMAN,
}


def sentences_in(language: str) -> Sentences:
    """Return the sentences of a language as settings name it: `"German"`, `"de"`, `"de-AT"`; English for all others."""
    words = language.replace("-", " ").replace("_", " ").replace(",", " ").lower().split()
    return next((_LANGUAGES[word] for word in words if word in _LANGUAGES), ENGLISH)


def is_apology(text: str) -> bool:
    """Return whether a text begins with the apology of any language."""
    return any(text.startswith(each.apology) for each in (ENGLISH, GERMAN))


def page() -> str:
    """Return the table of `docs/messages.md`, in markdown: the name of each sentence, and what people read."""
    names = [field.name for field in fields(Sentences)]
    rows = [f"| `{name}` | {getattr(ENGLISH, name)} | {getattr(GERMAN, name)} |" for name in names]
    return "\n".join(["| Name | English | German |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
