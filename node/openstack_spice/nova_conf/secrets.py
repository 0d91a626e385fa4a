"""Passwords and other secrets that stand in configuration files, so that what a service says of them is shown without them: a parser's
error has the line that it failed on, a database's the whole URL."""

import re
from typing import FrozenSet, Iterable, List, Set

from .ini import unquoted

HIDDEN = b"***"
SHORTEST = 3  # bytes; less than these would be hidden everywhere

_NAME = re.compile(rb"pass|secret|token|credential|key\Z|transport_url|connection", re.IGNORECASE)
_NO_SECRET = re.compile(rb"(true|false|none|yes|no|on|off|default|/.*)\Z", re.IGNORECASE | re.DOTALL)
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_USER_AND_PASSWORD = re.compile(rb"([^\s:/@,'\"]*):([^\s/@'\"]+)@")
_BEFORE_AN_AT = re.compile(rb"(?=:([^\s/@'\"]+)@)")  # from every colon, since a URL can have several hosts
_TO_THE_LAST_AT = re.compile(rb"//[^\s:/@]*:(\S*)@")  # of a password with a slash or an @ that should have been escaped


def secrets_in(conf: bytes) -> FrozenSet[bytes]:
    """The secrets of a configuration file, sound or not: values of options that are named like one, and passwords in URLs, each as it
    stands there and as it is with its escapes resolved."""
    found: Set[bytes] = set()
    is_secret = False
    for line in conf.split(b"\n"):
        value = line.strip()
        if line[:1] not in (b" ", b"\t"):
            name, _, value = _halves(value)
            is_secret = bool(_NAME.search(name.strip()))
        if is_secret:
            found.add(unquoted(value.strip()))
        found.update(_BEFORE_AN_AT.findall(line))
        found.update(_TO_THE_LAST_AT.findall(line))
    found |= {_ESCAPE.sub(lambda escape: bytes([int(escape.group(1), 16)]), secret) for secret in found}
    return frozenset(secret for secret in found if len(secret) >= SHORTEST and not _NO_SECRET.match(secret))


def without_secrets(text: bytes, secrets: Iterable[bytes] = ()) -> bytes:
    """The text with `***` in the place of each of these, and of every password before a host."""
    longest_first: List[bytes] = sorted(secrets, key=lambda secret: (-len(secret), secret))
    for secret in longest_first:
        text = text.replace(secret, HIDDEN)
    return _USER_AND_PASSWORD.sub(rb"\1:" + HIDDEN + b"@", text)


def _halves(line: bytes) -> "tuple[bytes, bytes, bytes]":
    """A definition's name, separator and value; a line without a separator, as of a broken one, has its first word as name."""
    at = re.search(rb"[=:]", line) or re.search(rb"\s", line)
    return (line, b"", b"") if at is None else (line[: at.start()], at.group(), line[at.end() :])
