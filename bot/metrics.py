"""All figures for Prometheus: of questions, platforms and sources. `bot.web` serves them; no other module makes one.

footnote_questions_total{platform}            questions that came in and are kept
footnote_replies_total{platform, outcome}     questions that ended, by outcome
footnote_reply_seconds{platform}              seconds from the question to the last message of its reply
footnote_first_word_seconds{platform}         seconds from the question until the first words of its reply could be read
footnote_feedback_total{platform, thumb}      thumbs that were pressed, up or down
footnote_capped_answers_total{platform, cap}  answers without a model because a cap was reached: day, person, channel
footnote_dropped_sentences_total{platform}    sentences of answers that the check left out
footnote_tokens_total{direction, estimated}   tokens of the chat model, sent and received
footnote_stage_seconds{stage}                 seconds of each stage of an answer, such as search or read
footnote_model_faults_total{platform, part, kind}    answers for which a model broke: which, and how
footnote_put_off_total{platform}              sends that the platform wanted later
footnote_open_questions                       questions without a reply, of all processes
footnote_platform_up{platform}                1 where people can ask

footnote_spent_tokens{model, purpose, direction}    tokens of today (UTC), of all processes, sent and received
footnote_spent_estimated_tokens{model, purpose}     those of them that the provider did not report
footnote_spent_cost{model, purpose}                 what they cost, in the currency of PRICES
footnote_spend_cap_tokens{cap}                      the caps that are set: day, person, channel

footnote_source_pages{source}                 pages in the index
footnote_source_passages{source}              passages in the index
footnote_source_verdict{source, verdict}      1 for the verdict of the last crawl that ended, 0 for the others
footnote_source_crawled_timestamp_seconds{source}    when that crawl ended
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from core.domain import Answer
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Thumb
from core.index.crawling import Verdict
from core.index.port import SourceFigures
from core.spend.port import SpendReport

STAGE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
SECONDS = (0.5, 1, 2, 5, 10, 20, 30, 60, 90, 120, 300, 600)


class Metrics:
    """The metrics of one process, in its registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = self._counter("questions", "Questions that came in and are kept.", "platform")
        self._replies = self._counter("replies", "Questions that ended, by how.", "platform", "outcome")
        self._thumbs = self._counter("feedback", "Thumbs that were pressed.", "platform", "thumb")
        self._capped = self._counter(
            "capped_answers", "Answers without a model because a cap was reached.", "platform", "cap"
        )
        self._dropped = self._counter("dropped_sentences", "Sentences of answers that the check left out.", "platform")
        self._tokens = self._counter("tokens", "Tokens of the chat model.", "direction", "estimated")
        self._faults = self._counter(
            "model_faults",
            "Answers for which a model broke; /docs status, doctor and the log say what to do.",
            *("platform", "part", "kind"),
        )
        self._put_off = self._counter("put_off", "Sends that the platform wanted later.", "platform")
        self._seconds = self._histogram(
            "reply_seconds", "From the question to the last message of its reply.", SECONDS, "platform"
        )
        self._first = self._histogram(
            "first_word_seconds",
            "From the question until the first words of its reply could be read.",
            SECONDS,
            "platform",
        )
        self._stages = self._histogram("stage_seconds", "Seconds of each stage of an answer.", STAGE_SECONDS, "stage")
        self._open = self._gauge("open_questions", "Questions without a reply, of all processes.")
        self._up = self._gauge("platform_up", "Whether a platform is up.", "platform")

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"footnote_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: Sequence[float], label: str) -> Histogram:
        return Histogram(f"footnote_{name}", meaning, [label], buckets=buckets, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"footnote_{name}", meaning, labels, registry=self.registry)

    def set_open(self, count: float) -> None:
        """Set how many questions have no reply yet; NaN where the database does not say."""
        self._open.set(count)

    def set_platform(self, name: str, *, is_up: bool) -> None:
        """Set whether a platform is up."""
        self._up.labels(name.lower()).set(is_up)

    def count_question(self, platform: Platform) -> None:
        """Count a new question."""
        self._questions.labels(platform).inc()

    def count_ending(self, platform: Platform, ending: QuestionOutcome, seconds: float) -> None:
        """Count a question that ended, and record the seconds that it took."""
        self._replies.labels(platform, ending.value).inc()
        self._seconds.labels(platform).observe(seconds)

    def count_first_words(self, platform: Platform, seconds: float) -> None:
        """Record the seconds until the first words of a reply could be read."""
        self._first.labels(platform).observe(seconds)

    def count_thumb(self, platform: Platform, thumb: Thumb) -> None:
        """Count a thumb that somebody pressed."""
        self._thumbs.labels(platform, thumb.value).inc()

    def count_answer(self, platform: Platform, answer: Answer) -> None:
        """Count what an answer took: its stages and tokens, as far as they are known, and the sentences left out."""
        self._dropped.labels(platform).inc(answer.dropped)
        for cause in dict.fromkeys((each.part.value, each.kind) for each in answer.causes):
            self._faults.labels(platform, *cause).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        if answer.cap is not None:
            self._capped.labels(platform, answer.cap.value).inc()
        if answer.usage is not None:
            estimated = str(answer.usage.estimated).lower()
            self._tokens.labels("sent", estimated).inc(answer.usage.sent)
            self._tokens.labels("received", estimated).inc(answer.usage.received)

    def count_postponed(self, platform: Platform) -> None:
        """Count a send that a platform wanted later."""
        self._put_off.labels(platform).inc()

    def text(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class SpendMetrics:
    """What models took today, as the database has it, whichever process called them; nothing is counted here."""

    def __init__(self, report: SpendReport) -> None:
        self._report = report

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; a model that was not called today has none."""
        labels = ["model", "purpose"]
        tokens = GaugeMetricFamily(
            "footnote_spent_tokens", "Tokens of today, of all processes.", labels=[*labels, "direction"]
        )
        estimated = GaugeMetricFamily(
            "footnote_spent_estimated_tokens", "Tokens of today that no provider reported.", labels=labels
        )
        cost = GaugeMetricFamily("footnote_spent_cost", "What today's calls cost, by PRICES.", labels=labels)
        caps = GaugeMetricFamily("footnote_spend_cap_tokens", "Caps of tokens a day.", labels=["cap"])
        for key, spent in self._report.models.items():
            tokens.add_metric([*key, "sent"], spent.sent)
            tokens.add_metric([*key, "received"], spent.received)
            estimated.add_metric(key, spent.estimated)
            cost.add_metric(key, spent.cost)
        for name, cap in asdict(self._report.caps).items():
            if cap:
                caps.add_metric([name], cap)
        yield from (tokens, estimated, cost, caps)

    def text(self) -> bytes:
        """Return the gauges as `Metrics.text` does."""
        return generate_latest(self)


class SourceMetrics:
    """What the database holds of each source, whichever process crawled it; nothing is counted here."""

    def __init__(self, figures: Sequence[SourceFigures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges of these sources; a source that was never crawled has neither verdict nor time."""
        pages = GaugeMetricFamily("footnote_source_pages", "Pages in the index.", labels=["source"])
        passages = GaugeMetricFamily("footnote_source_passages", "Passages in the index.", labels=["source"])
        verdicts = GaugeMetricFamily(
            "footnote_source_verdict",
            "1 for the verdict of the last crawl that ended, 0 for the others.",
            labels=["source", "verdict"],
        )
        crawled = GaugeMetricFamily(
            "footnote_source_crawled_timestamp_seconds",
            "When the last crawl ended, whatever its verdict.",
            labels=["source"],
        )
        for each in self._figures:
            pages.add_metric([each.source], each.pages)
            passages.add_metric([each.source], each.passages)
            if each.last_crawl is not None:
                crawled.add_metric([each.source], each.last_crawl.timestamp())
                for verdict in Verdict:
                    verdicts.add_metric([each.source, verdict.value], verdict == each.verdict)
        yield from (pages, passages, verdicts, crawled)

    def text(self) -> bytes:
        """Return the gauges as `Metrics.text` does. Ten thousand sources take half a second: call it in a thread."""
        return generate_latest(self)
