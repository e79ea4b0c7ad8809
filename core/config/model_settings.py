"""The settings of models and of how they are reached: a part of `core.config.settings.Settings`.

    chat, embeddings     OPENAI_BASE_URL and OPENAI_API_KEY, or CHAT_BASE_URL and EMBEDDING_BASE_URL with their own keys
    how to reach hosts   HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE: of the environment alone, never of a `.env`

Names are the provider's own where there is one; what one provider alone knows goes into CHAT_EXTRA_BODY.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from core.config.key_file import KeyFile, check_key_file
from core.config.values import (
    Secret,
    Text,
    Token,
    Url,
    header_lines,
    json_of_prices,
    lower_case,
    object_of_json,
    parse_headers,
    parse_object,
)
from core.net.route import Route, parse_no_proxy
from core.spend.port import Price, SpendCaps
from core.spend.prices import parse_prices

_EMPTY = SecretStr("")
LANGUAGE_OF_QUESTION = "the language of the question"
"""The ANSWER_LANGUAGE of an install that sets none."""


class ModelSettings(BaseSettings):
    """One field per setting, as in `Settings`."""

    openai_api_key_file: Annotated[Text, AfterValidator(check_key_file)] = Field(
        default="",
        alias="OPENAI_API_KEY_FILE",
        description="File with the key in place of OPENAI_API_KEY, read again when it changes. From the environment "
        "alone, like the other files of keys.",
    )
    openai_api_key: Token = Field(
        default=_EMPTY,
        validate_default=True,
        alias="OPENAI_API_KEY",
        description="Key for embeddings and chat. Unset: a local embedder and an extractive reader, no key needed.",
    )
    openai_base_url: Url = Field(
        default="",
        alias="OPENAI_BASE_URL",
        description="Any OpenAI-compatible server (Ollama, vLLM, Azure), with its /v1. Without a key: a local server.",
    )
    chat_base_url: Url = Field(
        default="",
        alias="CHAT_BASE_URL",
        description="Another server for the chat model than OPENAI_BASE_URL. It gets CHAT_API_KEY and no other key.",
    )
    chat_api_key_file: Annotated[Text, AfterValidator(check_key_file)] = Field(
        default="",
        alias="CHAT_API_KEY_FILE",
        description="File with the key in place of CHAT_API_KEY.",
    )
    chat_api_key: Token = Field(
        default=_EMPTY,
        validate_default=True,
        alias="CHAT_API_KEY",
        description="Key for the chat model. Unset: OPENAI_API_KEY, at its server.",
    )
    embedding_base_url: Url = Field(
        default="",
        alias="EMBEDDING_BASE_URL",
        description="Another server for the embedding model. It gets EMBEDDING_API_KEY and no other key.",
    )
    embedding_api_key_file: Annotated[Text, AfterValidator(check_key_file)] = Field(
        default="",
        alias="EMBEDDING_API_KEY_FILE",
        description="File with the key in place of EMBEDDING_API_KEY.",
    )
    embedding_api_key: Token = Field(
        default=_EMPTY,
        validate_default=True,
        alias="EMBEDDING_API_KEY",
        description="Key for the embedding model. Unset: OPENAI_API_KEY, at its server.",
    )
    openai_org_id: Token = Field(
        default=_EMPTY, alias="OPENAI_ORG_ID", description="Organisation that OpenAI counts requests for."
    )
    openai_project_id: Token = Field(
        default=_EMPTY, alias="OPENAI_PROJECT_ID", description="Project that OpenAI counts requests for."
    )
    openai_custom_headers: Annotated[Secret, AfterValidator(header_lines)] = Field(
        default=_EMPTY,
        alias="OPENAI_CUSTOM_HEADERS",
        description="More headers for the server of OPENAI_BASE_URL: lines `Name: value`, or JSON "
        '`{"X-Team": "docs"}`.',
    )
    openai_api_version: Text = Field(
        default="",
        alias="OPENAI_API_VERSION",
        description="Azure's api-version, for a resource without the v1 address; OPENAI_BASE_URL is then "
        "https://RESOURCE.openai.azure.com, and models are names of deployments.",
    )
    azure_openai_ad_token_file: Annotated[Text, AfterValidator(check_key_file)] = Field(
        default="",
        alias="AZURE_OPENAI_AD_TOKEN_FILE",
        description="File with an Entra ID token, which something else renews.",
    )
    azure_openai_ad_token: Token = Field(
        default=_EMPTY,
        validate_default=True,
        alias="AZURE_OPENAI_AD_TOKEN",
        description="Entra ID token, in place of a key.",
    )
    chat_model: Text = Field(
        default="",
        alias="CHAT_MODEL",
        description="Model that writes answers, or `extractive`: quotes without a model. Unset: a current OpenAI one "
        "with a key, else extractive.",
    )
    check_model: Text = Field(
        default="",
        alias="CHECK_MODEL",
        description="Model behind the chat model's server that reads each statement of an answer with its quote, and "
        "marks what it doubts; answers then wait for it. Unset: none.",
    )
    chat_role: Annotated[Literal["writer", "judge"], BeforeValidator(lower_case)] = Field(
        default="writer",
        alias="CHAT_ROLE",
        description="`writer`: the model writes answers. `judge`: the pages are quoted, and the model only says which "
        "quotes answer the question; for small models.",
    )
    chat_temperature: float = Field(
        default=0.0,
        ge=0.0,
        le=2.0,
        alias="CHAT_TEMPERATURE",
        description="How freely the model chooses its words; left out where the server refuses it.",
    )
    reasoning_effort: Text = Field(
        default="",
        alias="REASONING_EFFORT",
        description="How long a reasoning model may think: none, minimal, low, medium, high, as the server knows it. "
        "Unset: low for OpenAI's default model, else the server's own.",
    )
    chat_extra_body: Annotated[Text, AfterValidator(object_of_json)] = Field(
        default="",
        alias="CHAT_EXTRA_BODY",
        description="More fields for requests to the chat model, as JSON: "
        '`{"chat_template_kwargs": {"enable_thinking": false}}`. Never left out.',
    )
    embedding_model: Text = Field(
        default="",
        alias="EMBEDDING_MODEL",
        description="Model of the index, `local`, or a folder with model.onnx and tokenizer.json. Unset: the one the "
        "index was built with; for a new index "
        "text-embedding-3-small with a key, else local.",
    )
    embedding_pooling: Annotated[Literal["", "mean", "cls", "last"], BeforeValidator(lower_case)] = Field(
        default="",
        alias="EMBEDDING_POOLING",
        description="For EMBEDDING_MODEL=/a/folder that does not say it: how states become a vector, `mean`, `cls` or "
        "`last`.",
    )
    embedding_tokens: int = Field(
        default=0,
        ge=0,
        le=100_000,
        alias="EMBEDDING_TOKENS",
        description="For a folder that does not say it: the tokens of a text that the model reads.",
    )
    embedding_query_prefix: Text = Field(
        default="",
        alias="EMBEDDING_QUERY_PREFIX",
        description="For a folder that does not say it: what goes before a question, for example `query:`.",
    )
    embedding_passage_prefix: Text = Field(
        default="",
        alias="EMBEDDING_PASSAGE_PREFIX",
        description="For a folder that does not say it: what goes before a passage, for example `passage:`.",
    )
    cohere_api_key: Token = Field(
        default=_EMPTY,
        alias="COHERE_API_KEY",
        description="Switches the reranker on.",
    )
    cohere_base_url: Url = Field(
        default="", alias="COHERE_BASE_URL", description="Another server that speaks Cohere's rerank."
    )
    rerank_model: Text = Field(
        default="",
        alias="RERANK_MODEL",
        description="Model of the reranker, or a folder with a cross-encoder (model.onnx, tokenizer.json). Unset: a "
        "current one of Cohere's, with its key.",
    )
    rerank_base_url: Url = Field(
        default="",
        alias="RERANK_BASE_URL",
        description="Another server that reranks, in the form of RERANK_FORM; switches the reranker on.",
    )
    rerank_api_key: Token = Field(default=_EMPTY, alias="RERANK_API_KEY", description="Key for RERANK_BASE_URL.")
    rerank_form: Annotated[Literal["jina", "voyage", "tei"], BeforeValidator(lower_case)] = Field(
        default="jina",
        alias="RERANK_FORM",
        description="How RERANK_BASE_URL is asked: `jina` (also vLLM and llama.cpp), `voyage`, or `tei`.",
    )
    answer_tone: Text = Field(
        default="friendly, direct and short",
        alias="ANSWER_TONE",
        description="How a model that writes answers should sound.",
    )
    answer_language: Text = Field(
        default=LANGUAGE_OF_QUESTION,
        alias="ANSWER_LANGUAGE",
        description="In which language a model answers.",
    )
    prompt_tokens: int = Field(
        default=6000,
        ge=500,
        le=200_000,
        alias="PROMPT_TOKENS",
        description="Most tokens of a prompt; passages are left out whole, never cut. A server that says that it reads "
        "less is sent less.",
    )
    answer_seconds: int = Field(
        default=60,
        ge=10,
        le=600,
        alias="ANSWER_SECONDS",
        description="Seconds that a model may take for an answer. A slow machine needs more.",
    )
    silence_seconds: int = Field(
        default=0,
        ge=0,
        le=600,
        alias="SILENCE_SECONDS",
        description="Seconds without a sign of the model after which it is given up; 0: a third of ANSWER_SECONDS.",
    )
    daily_tokens: int = Field(
        default=0,
        ge=0,
        le=10**15,
        alias="DAILY_TOKENS",
        description="Tokens that models which write may take a day, in UTC; after that the pages are quoted until "
        "midnight, and answers say so. 0: any number.",
    )
    daily_tokens_person: int = Field(
        default=0,
        ge=0,
        le=10**15,
        alias="DAILY_TOKENS_PERSON",
        description="The same for the questions of one person; 0: any number.",
    )
    daily_tokens_channel: int = Field(
        default=0,
        ge=0,
        le=10**15,
        alias="DAILY_TOKENS_CHANNEL",
        description="The same for the questions of one channel; 0: any number.",
    )
    answer_tokens: int = Field(
        default=4000,
        ge=100,
        le=1_000_000,
        alias="ANSWER_TOKENS",
        description="Most tokens that a model may write in one call, thoughts included; sent where one of the three "
        "above is set. A model that thinks long needs more.",
    )
    prices: Annotated[Text, AfterValidator(json_of_prices)] = Field(
        default="",
        alias="PRICES",
        description="What models cost, by name, as JSON: a million tokens in and out, and a search of a reranker: "
        '`{"gpt-6.1-terra": {"in": 0.25, "out": 2}, "rerank-v5.0-fast": {"unit": 0.002}}`. In any currency.',
    )
    https_proxy: Secret = Field(
        default=_EMPTY,
        alias="HTTPS_PROXY",
        description="Proxy for https: models, Slack, Discord, and crawls with CRAWL_PROXY. Of the environment alone.",
    )
    no_proxy: Text = Field(
        default="",
        alias="NO_PROXY",
        description="Hosts that are reached without the proxy, with commas; loopback always is. Of the environment "
        "alone.",
    )
    ssl_cert_file: Text = Field(
        default="",
        alias="SSL_CERT_FILE",
        description="File of the certificate authorities to trust, in PEM form, in place of the usual ones. Of the "
        "environment alone.",
    )

    @field_validator("openai_api_key", "chat_api_key", "embedding_api_key", "azure_openai_ad_token")
    @classmethod
    def _read_from_file(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        """Return the key that the setting's file holds, where it has one."""
        path = info.data.get(f"{info.field_name}_file", "")
        return SecretStr(KeyFile(path).read()) if path else value

    @property
    def route(self) -> Route:
        """How hosts are reached: proxy, exceptions, authorities."""
        return Route(self.https_proxy.get_secret_value(), parse_no_proxy(self.no_proxy), self.ssl_cert_file)

    @property
    def extra_headers(self) -> dict[str, str]:
        """The parsed OPENAI_CUSTOM_HEADERS."""
        return parse_headers(self.openai_custom_headers.get_secret_value())

    @property
    def extra_body(self) -> dict[str, Any]:
        """The parsed CHAT_EXTRA_BODY."""
        return parse_object(self.chat_extra_body)

    @property
    def caps(self) -> SpendCaps:
        """The three caps of tokens a day."""
        return SpendCaps(self.daily_tokens, self.daily_tokens_person, self.daily_tokens_channel)

    @property
    def bound(self) -> int:
        """The most tokens that one call may write; 0: no bound is sent, since there is no cap."""
        return self.answer_tokens if self.caps.is_set else 0

    @property
    def price_of(self) -> dict[str, Price]:
        """The parsed PRICES."""
        return parse_prices(self.prices)
