"""Translates what asyncpg and its sockets raise into `core.errors`, without statements, values and passwords.

disk or memory full                      -> StoreFull
wrong user, password, database, rights,
no TLS where it is wanted, a pooler,
a certificate not trusted                -> ConfigurationError
not there, shutting down, frozen, closed -> StoreUnavailable
ended early, taken back, read-only       -> StoreUnavailable, each with its sentence
anything else that Postgres says         -> StoreError
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from core.errors import ConfigurationError, FootnoteError, StoreError, StoreFull, StoreUnavailable
from core.postgres.connect import NotPostgres, OptionUnknown

_FULL = "Postgres has no space left on its disk: free some, then run the command again."
_GONE = (
    "Postgres cannot be reached or went away: nothing that was indexed is lost, try again when it is back "
    "(`footnote doctor` tells more)."
)
_UNTRUSTED = "The certificate of Postgres is not trusted"
_OUT_OF_DATE = (9, 10)
"""OpenSSL's numbers of a certificate that is not valid yet, and of one that has expired: no trust mends these."""
_TRUST = (
    "add sslrootcert=FILE to DATABASE_URL with the root certificate that your provider names, or sslrootcert=system."
)

_ENDED = (
    "Postgres ended a statement before it was done, by its statement_timeout or lock_timeout or because somebody "
    "cancelled it: nothing that was indexed is lost. Let footnote's user have minutes for a statement."
)

POOLER = (
    "DATABASE_URL leads to a pooler such as pgbouncer that is not in session mode: footnote needs sessions of its own "
    "with Postgres, so let it pool sessions, or set DATABASE_URL to the direct address of the server."
)

NO_SCHEMA = (
    "Postgres has no schema for this user's tables: let the search_path of the user or of the database name one that "
    "is there, such as public."
)
_IDENTITY = (
    "Postgres refused the user or password of DATABASE_URL: check both, and percent-encode special characters of the "
    "password (@ is %40)."
)
_NO_EXTENSION = (
    "Postgres does not let this user create the extension vector: let an administrator of the server connect to the "
    "database of DATABASE_URL and run `create extension vector` there."
)
_FOREIGN = "What answers at the host and port of DATABASE_URL is no Postgres but another program: correct them."
_NO_TLS_THERE = (
    "This Postgres speaks no TLS, which the sslmode of DATABASE_URL asks for; or another program than Postgres listens "
    "at its host and port."
)
_NO_TLS = (
    "Postgres refuses this user without TLS: set sslmode=require (or verify-full) in DATABASE_URL. If it refuses that, "
    "too, its pg_hba.conf has no line for this user, this database and this machine."
)
_NO_RULE = (
    "Postgres has no line in its pg_hba.conf that lets this user of DATABASE_URL into this database from this machine: "
    "an administrator of the server adds one, or allows this machine's address where the provider lists them."
)
_NO_CERTIFICATE = (
    "Postgres asks this user for a certificate: add sslcert=FILE and sslkey=FILE to DATABASE_URL, and see that the "
    "certificate is of that user."
)
_ENCRYPTED = re.compile(r"\b(?:SSL|GSS) (?:encryption|on)\b")
_UNENCRYPTED = re.compile(r"\b(?:no encryption|SSL off|SSL (?:connection )?is required|insecure)\b", re.IGNORECASE)

_SLOW = (
    "Postgres did not answer in time: is its machine overloaded or frozen, or is a firewall or another program at its "
    "host and port?"
)

_UNREACHED: tuple[tuple[type[OSError], str], ...] = (
    (socket.gaierror, "the name of its host has no address"),
    (ConnectionRefusedError, "nothing listens at its host and port"),
    (FileNotFoundError, "its folder has no socket"),
    (ConnectionError, "the connection was closed before it answered"),
)

_MEANING: tuple[tuple[type[BaseException], type[FootnoteError], str], ...] = (
    (asyncpg.DiskFullError, StoreFull, _FULL),
    (asyncpg.OutOfMemoryError, StoreFull, "Postgres has no memory left: give it more, then run the command again."),
    (
        asyncpg.InvalidCatalogNameError,
        ConfigurationError,
        "The database that DATABASE_URL names does not exist: create it first.",
    ),
    (
        asyncpg.InsufficientPrivilegeError,
        ConfigurationError,
        "Postgres refuses that to this user: it must be allowed to create tables and the extension vector.",
    ),
    (asyncpg.InvalidSchemaNameError, ConfigurationError, NO_SCHEMA),
    (asyncpg.QueryCanceledError, StoreUnavailable, _ENDED),
    (asyncpg.LockNotAvailableError, StoreUnavailable, _ENDED),
    (
        asyncpg.TransactionRollbackError,
        StoreUnavailable,
        "Postgres took back a transaction in favour of another one: nothing that was indexed is lost, try again.",
    ),
    (
        asyncpg.ReadOnlySQLTransactionError,
        StoreUnavailable,
        "Postgres takes no changes just now: DATABASE_URL leads to a replica, or the server was made read-only "
        "(a full disk, an upgrade). Nothing that was indexed is lost.",
    ),
    (
        asyncpg.exceptions.TargetServerAttributeNotMatched,
        StoreUnavailable,
        "No server that DATABASE_URL names is of the kind that it asks for (target_session_attrs): footnote needs the "
        "one that takes changes, read-write. Nothing that was indexed is lost.",
    ),
    (asyncpg.DuplicatePreparedStatementError, ConfigurationError, POOLER),  # in transaction mode
    (asyncpg.InvalidSQLStatementNameError, ConfigurationError, POOLER),
    (asyncpg.PostgresConnectionError, StoreUnavailable, _GONE),
    (asyncpg.OperatorInterventionError, StoreUnavailable, _GONE),
    (asyncpg.TooManyConnectionsError, StoreUnavailable, "Postgres has no connection left: raise max_connections."),
    (asyncpg.IdleInTransactionSessionTimeoutError, StoreUnavailable, _GONE),
    (
        asyncpg.exceptions.ClientConfigurationError,
        ConfigurationError,
        "DATABASE_URL holds something that cannot be used: look at what follows the question mark, and at its files.",
    ),
    (ValueError, StoreError, "A value cannot be sent to Postgres: please report it."),
    (asyncpg.InterfaceError, StoreUnavailable, _GONE),
    (asyncpg.InternalClientError, StoreUnavailable, _GONE),
    (TimeoutError, StoreUnavailable, _SLOW),
    (asyncpg.PostgresError, StoreError, "Postgres refused a statement"),
)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise `StoreError`, one of its kin, or `ConfigurationError` in place of asyncpg's errors in a block."""
    try:
        yield
    except OSError as error:  # TimeoutError is one too
        raise _of_socket(error) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise _of_postgres(error) from error


def _of_postgres(error: BaseException) -> FootnoteError:
    if isinstance(error, OptionUnknown):
        return ConfigurationError(
            f'DATABASE_URL has an option that Postgres does not know, "{error.option}": take it out of what follows '
            "the question mark."
        )
    if isinstance(error, asyncpg.InsufficientPrivilegeError) and '"vector"' in str(error):  # in any language
        return ConfigurationError(_NO_EXTENSION)
    if isinstance(error, asyncpg.ProtocolViolationError) and "startup parameter" in str(error):
        return ConfigurationError(POOLER)
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return ConfigurationError(_not_let_in(error))
    kind, sentence = next((ours, words) for theirs, ours, words in _MEANING if isinstance(error, theirs))
    if isinstance(error, asyncpg.PostgresError) and kind is StoreError:
        return StoreError(f"{sentence} ({error.sqlstate}, {type(error).__name__}): please report it.")
    return kind(sentence)


def _not_let_in(error: asyncpg.InvalidAuthorizationSpecificationError) -> str:
    """Return why the user was refused. The server's own text may be in any language, but names files as they are."""
    text = str(error)
    tried = f"{text} {error.__cause__}"  # with sslmode=prefer the cause is the outcome of the try with TLS
    if isinstance(error, asyncpg.InvalidPasswordError):
        return _IDENTITY
    if "certificate" in text:
        return _NO_CERTIFICATE
    if _UNENCRYPTED.search(text) and not _ENCRYPTED.search(tried) and "[local]" not in text:
        return _NO_TLS
    return _NO_RULE if "pg_hba.conf" in text else _IDENTITY


def _of_certificate(error: ssl.SSLCertVerificationError) -> FootnoteError:
    words = error.verify_message.rstrip(".")
    if error.verify_code in _OUT_OF_DATE:
        return StoreUnavailable(
            f"Postgres shows a certificate that is out of date ({words}): renew it, or set the clock."
        )
    return ConfigurationError(f"{_UNTRUSTED} ({words}): {_TRUST}")


def _of_socket(error: OSError) -> FootnoteError:
    if isinstance(error, TimeoutError):
        return _of_postgres(error)
    if error.errno == errno.ENOSPC:
        return StoreFull("The disk is full: free some space, then run the command again.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error)
    if isinstance(error, ssl.SSLError) and error.library in ("PEM", "X509"):
        return ConfigurationError("A certificate or key file that DATABASE_URL names cannot be read as one.")
    if "rejected SSL upgrade" in str(error):  # asyncpg raises a bare ConnectionError
        return ConfigurationError(_FOREIGN if isinstance(error, NotPostgres) else _NO_TLS_THERE)
    cause = next((f" ({words})" for kind, words in _UNREACHED if isinstance(error, kind)), "")
    return StoreUnavailable(
        f"Postgres cannot be reached{cause}: is it running, and is DATABASE_URL right, if you set it?"
    )
