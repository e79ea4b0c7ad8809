"""The settings of chat platforms: a part of `core.config.settings.Settings`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from core.config.values import Text, Token, Url, app_token, bot_token, host_and_port

_EMPTY = SecretStr("")


class ChatSettings(BaseSettings):
    """How Slack and Discord are reached, and what is done there alone."""

    slack_bot_token: Annotated[Token, AfterValidator(bot_token)] = Field(
        default=_EMPTY, alias="SLACK_BOT_TOKEN", description="Slack's bot token, xoxb-."
    )
    slack_app_token: Annotated[Token, AfterValidator(app_token)] = Field(
        default=_EMPTY, alias="SLACK_APP_TOKEN", description="Slack's app token for Socket Mode, xapp-."
    )
    slack_signing_secret: Token = Field(
        default=_EMPTY, alias="SLACK_SIGNING_SECRET", description="For Slack over signed HTTP instead of Socket Mode."
    )
    slack_api_url: Url = Field(default="", alias="SLACK_API_URL", description="Another server that speaks Slack's API.")
    slack_allow_external: bool = Field(
        default=False,
        alias="SLACK_ALLOW_EXTERNAL",
        description="Answer in channels that are shared with other workspaces, too.",
    )
    http_address: Annotated[Text, AfterValidator(host_and_port)] = Field(
        default="127.0.0.1:3000",
        alias="HTTP_ADDRESS",
        description="Where signed HTTP of Slack is listened for, as host:port; its path is /slack/events.",
    )
    discord_bot_token: Token = Field(default=_EMPTY, alias="DISCORD_BOT_TOKEN", description="Discord's bot token.")
    discord_api_url: Url = Field(
        default="", alias="DISCORD_API_URL", description="Another server that speaks Discord's API."
    )
    discord_message_content: bool = Field(
        default=False,
        alias="DISCORD_MESSAGE_CONTENT",
        description="Ask Discord for the text of messages that do not mention the bot: for follow-ups in threads and "
        "posts in forums. The intent must be enabled in the developer portal.",
    )
    discord_answered_tag: Text = Field(
        default="",
        alias="DISCORD_ANSWERED_TAG",
        description="The name of a tag that a post in a forum gets once it is answered with sources, where the forum "
        "has that tag and the bot may manage threads. Unset: none.",
    )
    discord_solved_tags: Text = Field(
        default="solved, resolved",
        alias="DISCORD_SOLVED_TAGS",
        description="Names of tags, with commas: in a post that has one, the bot answers mentions alone.",
    )

    @property
    def solved_tags(self) -> frozenset[str]:
        """The names of tags that say that a post is solved, in small letters; not the one that the bot sets itself."""
        names = {each.strip().casefold() for each in self.discord_solved_tags.split(",")}
        return frozenset(names - {"", self.discord_answered_tag.strip().casefold()})
