"""Every error that crosses a module border.

    FootnoteError                 something went wrong that a sentence can explain (exit code 1)
    ├── ConfigurationError        a person must change a setting (exit code 78)
    │   └── ModelMismatch         EMBEDDING_MODEL differs from the model of the index
    ├── UsageError                the command was called wrongly (exit code 2)
    ├── AccessRefused             who asks over HTTP or MCP may not
    │   ├── AccessTokenRefused    ... without a token, or with one that is unknown, revoked or expired
    │   └── OriginRefused         ... from that web page, or by that name of the server
    ├── TokenUnknown              no token of that name
    ├── RetryLater                who asks over HTTP or MCP has to wait
    │   ├── CallsExceeded         ... as the limits of their token or address say
    │   └── ServiceBusy           ... because too many others do
    ├── QuestionRefused           an empty or an overlong question; nothing was searched
    ├── StoreError                Postgres failed
    │   ├── StoreUnavailable      ... is not there, not ready, frozen, or left mid-way
    │   ├── StoreFull             ... has no space left on its disk
    │   └── VectorsUnusable       ... cannot be searched by vector just now, but by words
    │       ├── IndexMoved        ... it now holds vectors of another model than the question's
    │       └── GraphMissing      ... it is large, and its graph is not built yet
    ├── ModelError                an embedder, reranker or chat model failed
    │   ├── ModelUnavailable      ... cannot be reached, is overloaded, or timed out
    │   ├── ModelRefused          ... refused the request: key, quota, unknown model, too long
    │   └── ModelMisbehaved       ... answered something that is not an answer (no finish_reason, bad JSON)
    └── IngestError               a crawl could not do its work
        ├── UrlRefused            the url policy or the address guard refused it, before any request
        ├── SourceUnknown         no source of that name
        ├── EditionUnknown        no source that is searched has that version or language
        ├── SourceBusy            that source is being crawled by another process
        └── SiteUnreachable       the start page or robots.txt could not be read

Each message is one sentence that a person can act on; it never holds a secret or the text of a question.
Results that are not failures (an abstention, a skipped page) are values in `core.domain`, not errors.
"""


class FootnoteError(Exception):
    """Base of all; `str(error)` is shown to people as it is."""


class ConfigurationError(FootnoteError):
    """A setting is missing or wrong."""


class ModelMismatch(ConfigurationError):
    """The index was built with another embedding model than the one that is set."""


class UsageError(FootnoteError):
    """The command line was called wrongly."""


class AccessRefused(FootnoteError):
    """Who asks over HTTP or MCP may not."""


class AccessTokenRefused(AccessRefused):
    """There is no access token, or none that is good."""


class TokenUnknown(FootnoteError):
    """There is no token of that name."""


class OriginRefused(AccessRefused):
    """The access token, or the server, does not answer that origin."""


class RetryLater(FootnoteError):
    """Who asks may ask again after `seconds`."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class CallsExceeded(RetryLater):
    """The token or the address has no calls left for now."""


class ServiceBusy(RetryLater):
    """Too many questions of callers wait already."""


class QuestionRefused(FootnoteError):
    """The question is empty or too long."""


class StoreError(FootnoteError):
    """Postgres failed."""


class StoreUnavailable(StoreError):
    """Postgres is not there, not ready, or went away."""


class StoreFull(StoreError):
    """The disk that Postgres writes to is full."""


class VectorsUnusable(StoreError):
    """The index cannot be searched by vector just now, but by words."""

    is_logged = True
    """The index logs it, once."""


class IndexMoved(VectorsUnusable):
    """Another process has embedded the index with another model since this one began."""


class GraphMissing(VectorsUnusable):
    """There are too many vectors to look at one by one, and their graph is not built yet."""


class ModelError(FootnoteError):
    """A model failed. Its sentence is for operators, as are the server's own words in `details`: members see neither.

    `kind` names the class in metrics. `is_logged`: the adapter has logged it. `is_blocked`: a content filter stopped
    the answer, so that other words may help.
    """

    kind = "failed"
    details: str = ""
    is_logged: bool = False
    is_blocked: bool = False


class ModelUnavailable(ModelError):
    """The model cannot be reached or did not answer in time."""

    kind = "unavailable"


class ModelRefused(ModelError):
    """The model's server refused the request."""

    kind = "refused"


class ModelMisbehaved(ModelError):
    """The model's server answered something that is not an answer."""

    kind = "misbehaved"


class IngestError(FootnoteError):
    """A crawl could not do its work."""


class UrlRefused(IngestError):
    """The url policy or the address guard refused a url."""


class SourceUnknown(IngestError):
    """There is no source of that name."""


class EditionUnknown(IngestError):
    """No source that is searched has the version or the language that was asked for."""


class SourceBusy(IngestError):
    """Another process is crawling that source."""


class SiteUnreachable(IngestError):
    """The start page or robots.txt could not be read."""
