"""A Slack on loopback that the real slack-bolt and slack-sdk talk to, and that keeps an exact record.

    server ── api ── chat, streams, reading, agents, modals       the Web API
       │        └── tiers, faults                                 limits, and what goes wrong
       ├── sockets │ over_http                                    how events reach the app
       └── people ── workspace ── record, events, interactions    what people do, the state, the shapes

Leaves out what this project never uses: files, user tokens, OAuth, canvases, and the turning of markdown into rich
text. Guesses, where Slack's behaviour is not written down: the retry_reason after a socket died, which sockets hear
`too_many_websockets`, the status of a refused handshake, the events of a stream (here one at its start and one at its
stop), and `Workspace.after_stop`.
"""

from tests.servers.slack.faults import Faults
from tests.servers.slack.record import Call, Channel, Envelope, Interaction, Message, SlashCall, View
from tests.servers.slack.server import Slack, serve_slack
from tests.servers.slack.tiers import Tiers

__all__ = [
    "Call",
    "Channel",
    "Envelope",
    "Faults",
    "Interaction",
    "Message",
    "Slack",
    "SlashCall",
    "Tiers",
    "View",
    "serve_slack",
]
