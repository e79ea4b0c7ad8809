"""What a passage denies, forbids, allows or leaves free, and what comes first: drafts that say so, and the reverse."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from tests.fakes import hit

PAGES = {
    "jobs": """
If the queue is full, new jobs are rejected. Jobs that fail are retried three times unless `--no-retry` is
given. A worker does not pick up a job before its dependencies have finished. Locks are released when the
process exits, even if it crashes. Do not edit the file by hand: it is overwritten at each start. `fast` mode
skips the checksum, so corrupted files are not detected. The cache is shared by all workers on one host but not
between hosts. You can leave the password out if a key is configured. Values are case-insensitive. The command
has no effect on running jobs. It is not recommended to run two schedulers. Only administrators may delete a
queue. Deleting a queue does not delete its jobs. Since version 4.2 the option is ignored. The timeout applies
to reads as well as writes. Without an index, the search falls back to a scan. Logs are rotated daily and never
deleted. Neither the name nor the owner can be changed after creation. A token expires after one hour and cannot
be renewed. Comments are not allowed in JSON files. The proxy forwards requests to the backend without changing
their headers. Empty lines are ignored. Both flags must be set for the feature to work. Uploads larger than the
limit fail with an error. The plugin is not compatible with Windows. Backups do not include the cache. If no
region is set, `eu` is used. The service must not be started as root. Hidden files are excluded from the
archive. It is safe to run the command twice. Metrics are not collected until the first request. The first line
is treated as a header.
""",
    "crawl": """
A crawl of a site never leaves its host. A page that matches an `--exclude` is left out, also if it matches an
`--include`. Pages that are left out are not fetched; only the start page is always read. Symbolic links are
never followed, and each file is checked again when it is opened. Private addresses are refused unless you name
them on purpose. A failed crawl never empties the index. The address must end with a slash, or the last segment
is dropped. Pages are not rendered unless the source was added with `--render`. A schedule need not name a time
zone. A source is never crawled twice at once. Crawls do not need a key.
""",
    "run": """
Never share `FOOTNOTE_HOME` between machines. The server runs only while a footnote command runs. An old
`pg_restore` cannot read the new dump. Migrations only go forward. It listens on a Unix socket and never on the
network. Without `StartLimitIntervalSec=0` systemd gives up after five starts. The target may be checked before
the move. Dumps of the embedded server do not contain roles. Backups can be restored without stopping the
worker. There is no need to restart the worker after a change of the schedule. The log has no message text below
`DEBUG`. After writing the manifest the worker switches the readers. Before 0.4 the folder was named `data`.
""",
    "chat": """
Commands and buttons cannot be found afterwards. The bot does not answer in shared channels, unless you set
`SLACK_ALLOW_EXTERNAL=true`. A command that is posted twice is carried out once. The bot may not write there, so
only you see the answer. People with a role in `ADMINS` are exempt from the limit. Rename `old.toml` to
`new.toml`. A question is stored before it is acknowledged. Nothing is lost. Threads that people began must be
mentioned in `allow`. Answers are not posted to archived channels. The reader may use a shorter answer there.
Emoji have no meaning as votes. The limit must not be used to hide answers. Files larger than a megabyte are not
read.
""",
    "console": """
The console is complete without scripts. Cookies are not shared with other hosts. A header that names a person
is believed only from `CONSOLE_TRUSTED_PROXY`. The address must begin with `https://`, unless the console is on
loopback. Private questions are counted and not shown. Start the console with `--link`, without `--token` being
passed. It is an error when two links share the same name. The audit keeps how many questions there were, and
not whose. Sessions are stored for a day, and they are not extended by use. Only the write right is checked for
exports. The export is taken from the replica (and is therefore not current). Proxies already permitted large
headers. The report goes to the EXPORT queue. It accepts questions from ASK and SEARCH commands.
""",
}
HITS = [hit(" ".join(text.split()), anchor=name) for name, text in PAGES.items()]
NUMBER = {name: number for number, name in enumerate(PAGES, 1)}


def check(sentence: str, page: str) -> str:
    checker = Checker(HITS, "How?")
    draft = f"{sentence.rstrip('.')} [{NUMBER[page]}]."
    return "".join([*checker.feed(draft), *checker.finish()])


TRUE = {
    "jobs": [
        "New jobs are not accepted if the queue is full",
        "When the queue is full, no new jobs are accepted",
        "New jobs are rejected only when the queue is full",
        "Failed jobs are retried three times if `--no-retry` is not given",
        "With `--no-retry`, jobs that fail are not retried",
        "If `--no-retry` is given, failing jobs are not retried",
        "A worker picks up a job only after its dependencies have finished",
        "A worker waits with a job until its dependencies have finished",
        "A job is not picked up until its dependencies have finished",
        "Locks do not stay held when the process crashes",
        "Even if the process crashes, locks are released",
        "Never edit the file by hand, because it is overwritten at each start",
        "You should not edit the file by hand",
        "Changes made to the file by hand are lost at the next start",
        "`fast` mode does not check the checksum",
        "In `fast` mode corrupted files go undetected",
        "Corrupted files are not detected in `fast` mode, since it skips the checksum",
        "Workers on different hosts do not share the cache",
        "The cache is not shared between hosts",
        "All workers on one host share the cache",
        "A password is not needed if a key is configured",
        "If a key is configured, you do not need a password",
        "You may omit the password when a key is configured",
        "The case of values does not matter",
        "Values are not case-sensitive",
        "Running jobs are not affected by the command",
        "The command does not affect running jobs",
        "Running two schedulers is not recommended",
        "Avoid running two schedulers",
        "You should not run two schedulers",
        "Nobody but administrators may delete a queue",
        "A queue cannot be deleted by users who are not administrators",
        "Non-administrators may not delete a queue",
        "When a queue is deleted, its jobs are not deleted",
        "The jobs of a queue are kept when it is deleted",
        "The option is no longer used since version 4.2",
        "Before version 4.2 the option was not ignored",
        "Since version 4.2 the option has no effect",
        "The timeout does not only apply to reads but also to writes",
        "If there is no index, the search falls back to a scan",
        "The search uses a scan unless there is an index",
        "With an index, the search does not fall back to a scan",
        "Logs are kept forever, they are never deleted",
        "Logs are rotated daily, but not deleted",
        "After creation you can change neither the name nor the owner",
        "The name cannot be changed after creation",
        "It is impossible to change the owner after creation",
        "Tokens are not renewable and expire after one hour",
        "A token is valid for one hour and cannot be renewed",
        "JSON files must not contain comments",
        "Comments are forbidden in JSON files",
        "JSON files cannot have comments",
        "The proxy does not change the headers of requests that it forwards to the backend",
        "Headers are forwarded unchanged to the backend by the proxy",
        "Empty lines are not read",
        "Empty lines have no meaning",
        "The feature does not work unless both flags are set",
        "If one of both flags is not set, the feature does not work",
        "The feature works only if both flags are set",
        "Uploads that are not larger than the limit do not fail",
        "Uploads must not be larger than the limit",
        "The plugin does not work on Windows",
        "The plugin is incompatible with Windows",
        "The cache is not part of backups",
        "The cache is left out of backups",
        "Backups are made without the cache",
        "`eu` is used unless a region is set",
        "`eu` is the region if none is set",
        "If you do not set a region, `eu` is used",
        "Do not start the service as root",
        "The service may not be started by root",
        "Never start the service as root",
        "Hidden files are not included in the archive",
        "The archive does not contain hidden files",
        "Running the command twice does no harm",
        "The command can be run twice without harm",
        "Metrics are collected only after the first request",
        "No metrics are collected before the first request",
        "Metrics are collected from the first request on",
        "The first line is not treated as data but as a header",
    ],
    "crawl": [
        "A crawl does not leave the host of its site",
        "Crawling a site stays on its host",
        "A page is left out if it matches an `--exclude`, even where an `--include` matches it too",
        "Pages that are left out are never fetched",
        "The start page is always read",
        "Even if it is left out, the start page is read",
        "Symbolic links are not followed",
        "It does not follow symbolic links",
        "Private addresses are not refused if you name them on purpose",
        "If you do not name them on purpose, private addresses are refused",
        "Private addresses are only accepted when you name them on purpose",
        "The index is never emptied by a failed crawl",
        "After a failed crawl the index is not empty",
        "The last segment is dropped if the address does not end with a slash",
        "The address has to end with a slash",
        "If the address ends with a slash, the last segment is not dropped",
        "An address that ends with no slash loses its last segment",
        "Pages are only rendered if the source was added with `--render`",
        "If a source was not added with `--render`, its pages are not rendered",
        "Pages are rendered when the source was added with `--render`",
        "You do not have to name a time zone in a schedule",
        "A schedule can be written without naming a time zone",
        "A schedule may name a time zone, but it is not required",
        "The same source is not crawled twice at once",
        "No source is crawled twice at the same time",
        "You can crawl without a key",
        "No key is needed for crawls",
    ],
    "run": [
        "`FOOTNOTE_HOME` must not be shared between machines",
        "Do not share `FOOTNOTE_HOME` between machines",
        "Sharing `FOOTNOTE_HOME` between machines is not allowed",
        "The server does not run unless a footnote command runs",
        "The server stops running when no footnote command runs",
        "The new dump cannot be read by an old `pg_restore`",
        "An old `pg_restore` is not able to read the new dump",
        "Migrations cannot go backwards",
        "Migrations never go back, they only go forward",
        "It does not listen on the network, only on a Unix socket",
        "systemd gives up after five starts unless `StartLimitIntervalSec=0` is set",
        "With `StartLimitIntervalSec=0` systemd does not give up after five starts",
        "You can check the target before you move",
        "Roles are not contained in dumps of the embedded server",
        "Dumps of the embedded server contain no roles",
        "Dumps of the embedded server lack roles",
        "You need not stop the worker to restore backups",
        "The worker does not have to be stopped when backups are restored",
        "Backups can be restored while the worker is not stopped",
        "After a change of the schedule you do not need to restart the worker",
        "A change of the schedule works without a restart of the worker",
        "Below `DEBUG` the log does not hold message text",
        "The worker first writes the manifest and then switches the readers",
        "The readers are switched once the manifest has been written",
        "The manifest is written before the readers are switched",
        "Until 0.4 the folder was named `data`",
        "Since 0.4 the folder is no longer named `data`",
        "In versions before 0.4, `data` was the name of the folder",
    ],
    "chat": [
        "Commands and buttons can not be found afterwards",
        "It is not possible to find commands and buttons afterwards",
        "The bot answers in shared channels only if you set `SLACK_ALLOW_EXTERNAL=true`",
        "With `SLACK_ALLOW_EXTERNAL=true` the bot answers in shared channels",
        "If you do not set `SLACK_ALLOW_EXTERNAL=true`, the bot does not answer in shared channels",
        "A command is not carried out twice, even if it is posted twice",
        "Posting a command twice does not carry it out twice",
        "Only you see the answer, because the bot is not allowed to write there",
        "Nobody but you sees the answer, as the bot cannot write there",
        "The limit does not apply to people with a role in `ADMINS`",
        "People whose role is not in `ADMINS` are not exempt from the limit",
        "`old.toml` has to be renamed to `new.toml`",
        "A question is not acknowledged before it is stored",
        "A question is acknowledged only after it is stored",
        "First a question is stored, then it is acknowledged",
        "No question is lost",
        "Archived channels get no answers",
        "Answers are never posted to archived channels",
        "A shorter answer can be used there by the reader",
        "The reader is allowed to use a shorter answer there",
        "Emoji do not mean anything as votes",
        "Do not use the limit to hide answers",
        "The limit should not be used to hide answers",
        "Only files up to a megabyte are read",
        "Files are read if they are not larger than a megabyte",
    ],
    "console": [
        "The console does not need scripts to be complete",
        "Even with no scripts, the console is complete",
        "Other hosts do not get the cookies",
        "Cookies are never shared with another host",
        "A header that names a person is not believed unless it comes from `CONSOLE_TRUSTED_PROXY`",
        "Headers that name a person are believed from `CONSOLE_TRUSTED_PROXY` and from nowhere else",
        "The address has to begin with `https://` if the console is not on loopback",
        "The address need not begin with `https://` where the console is on loopback",
        "Private questions are not shown, only counted",
        "Private questions are counted, but never shown",
        "Pass `--link` and not `--token` to start the console",
        "To start the console, pass `--link` instead of `--token`",
        "Two links with the same name are not allowed",
        "Two links may not share the same name",
        "The audit does not keep whose questions they were",
        "Using a session does not extend it",
        "Sessions are not kept for longer than a day",
        "For exports no right but the write right is checked",
        "The export is not current, as it is taken from the replica",
        "Large headers were already allowed by proxies",
        "Large headers were not forbidden by proxies before",
        "The report is sent to the EXPORT queue",
        "Questions from ASK and SEARCH commands are accepted",
    ],
}
FALSE = {
    "jobs": [
        "New jobs are accepted if the queue is full",
        "A worker picks up a job before its dependencies have finished",
        "Locks are not released when the process exits",
        "Edit the file by hand",
        "In `fast` mode corrupted files are detected",
        "The command has an effect on running jobs",
        "It is recommended to run two schedulers",
        "Since version 4.2 the option is not ignored",
        "Until version 4.2 the option is ignored",
        "Logs are rotated daily and deleted",
        "A token can be renewed",
        "Comments are allowed in JSON files",
        "The proxy forwards requests to the backend and changes their headers",
        "Empty lines are not ignored",
        "The plugin is compatible with Windows",
        "Backups include the cache",
        "If a region is set, `eu` is used",
        "The service must be started as root",
        "The service can be started as root",
        "Hidden files are included in the archive",
        "It is not safe to run the command twice",
        "The first line is not treated as a header",
        "Both flags need not be set for the feature to work",
        "Uploads larger than the limit do not fail with an error",
    ],
    "crawl": [
        "A crawl of a site leaves its host",
        "Pages that are left out are fetched",
        "Symbolic links are followed",
        "Each file is not checked again when it is opened",
        "A failed crawl empties the index",
        "The address need not end with a slash",
        "The address must not end with a slash",
        "A schedule must name a time zone",
        "A schedule has to name a time zone",
        "A source may be crawled twice at once",
        "Crawls need a key",
    ],
    "run": [
        "`FOOTNOTE_HOME` can be shared between machines",
        "Share `FOOTNOTE_HOME` between machines",
        "An old `pg_restore` can read the new dump",
        "The target must not be checked before the move",
        "Dumps of the embedded server contain roles",
        "Backups can not be restored without stopping the worker",
        "You have to restart the worker after a change of the schedule",
        "The worker first switches the readers and then writes the manifest",
        "From 0.4 on the folder was named `data`",
        "Since 0.4 the folder is named `data`",
    ],
    "chat": [
        "Commands and buttons can be found afterwards",
        "The bot may write there",
        "Rename `new.toml` to `old.toml`",
        "A question is acknowledged before it is stored",
        "A question is stored after it is acknowledged",
        "Answers are posted to archived channels",
        "The reader must not use a shorter answer there",
        "Emoji have a meaning as votes",
        "The limit should be used to hide answers",
        "Files larger than a megabyte are read",
    ],
    "console": [
        "The console is not complete without scripts",
        "Cookies are shared with other hosts",
        "Start the console with `--link`, together with `--token`",
        "Two links with the same name are allowed",
        "Private questions are not counted",
        "Sessions are extended by use",
        "The export is current and is taken from the replica",
        "Proxies already forbade large headers",
        "The report goes to the IMPORT queue",
    ],
}


@pytest.mark.parametrize(("page", "sentence"), [(page, each) for page, texts in TRUE.items() for each in texts])
def test_what_the_page_says_in_other_words_is_shown(page: str, sentence: str) -> None:
    assert check(sentence, page)


@pytest.mark.parametrize(("page", "sentence"), [(page, each) for page, texts in FALSE.items() for each in texts])
def test_the_reverse_of_what_the_page_says_is_not_shown(page: str, sentence: str) -> None:
    assert check(sentence, page) == ""
