"""Passwords and other secrets that stand in configuration files, so that what a service says of them is shown without them: a parser's
error has the line that it failed on, a database's the whole URL.

Files of the service's user are looked through, so the time for it grows with their size alone, whatever stands in them.
"""

import re
from typing import FrozenSet, Iterable, Iterator, List, Set, Tuple

from .ini import unquoted

HIDDEN = b"***"
SHORTEST = 3  # bytes; less than these would be hidden everywhere
LONGEST_URL_PART = 256  # bytes before a host that are looked at

_NAME = re.compile(rb"pass|pwd|secret|token|credential|hmac|key\Z|keys\Z|transport_url|connection", re.IGNORECASE)
# The rest of what oslo and keystonemiddleware name alike: `service_token_roles` is `service` by default, a part of each unit's name.
_NAME_OF_A_SETTING = re.compile(rb"_(roles?|required|ttl|time|timeout|interval|length|debug|trace|pool|size)\Z", re.IGNORECASE)
_NO_SECRET = re.compile(rb"(true|false|none|yes|no|on|off|default|/.*)\Z", re.IGNORECASE | re.DOTALL)
_ENDS_A_URL_PART = re.compile(rb"[\s/@'\"]")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")


def secrets_in(conf: bytes) -> FrozenSet[bytes]:
    """The secrets of a configuration file, sound or not: values of options that are named like one, also where they continue another
    option by mistake, and passwords in URLs; each as it stands there, and with its escapes resolved."""
    found: Set[bytes] = set()
    is_secret = False
    for line in conf.split(b"\n"):
        name, value = _halves(line.strip())
        is_continued = line[:1] in (b" ", b"\t")
        if is_continued and is_secret:
            found.add(unquoted(line.strip()))
        if not is_continued or _names_a_secret(name):
            is_secret = _names_a_secret(name)
            if is_secret:
                found.add(unquoted(value))
        for start, end in _passwords(line):
            found.add(line[start:end])
            found.update(line[colon + 1 : end] for colon in range(start, end) if line[colon : colon + 1] == b":")
        found.update(_to_the_last_at(line))
    for secret in tuple(found):
        found.add(_ESCAPE.sub(lambda escape: bytes([int(escape.group(1), 16)]), secret))
        found.add(secret.replace(b"$$", b"$"))
    return frozenset(secret for secret in found if len(secret) >= SHORTEST and not _NO_SECRET.match(secret))


def _names_a_secret(name: bytes) -> bool:
    return bool(_NAME.search(name)) and not _NAME_OF_A_SETTING.search(name)


def without_secrets(text: bytes, secrets: Iterable[bytes] = ()) -> bytes:
    """The text with `***` in the place of each of these, and of every password before a host."""
    longest_first: List[bytes] = sorted(secrets, key=lambda secret: (-len(secret), secret))
    for secret in longest_first:
        text = text.replace(secret, HIDDEN)
    pieces: List[bytes] = []
    shown = 0
    for start, end in _passwords(text):
        pieces += [text[shown:start], HIDDEN]
        shown = end
    return b"".join(pieces + [text[shown:]])


def _passwords(text: bytes) -> Iterator[Tuple[int, int]]:
    """Where passwords stand, from the first colon of what is before a host to its `@`."""
    at = text.find(b"@")
    last = 0
    while at >= 0:
        part = text[max(last, at - LONGEST_URL_PART) : at]
        ends = [found.end() for found in _ENDS_A_URL_PART.finditer(part)]
        part = part[ends[-1] :] if ends else part
        colon = part.find(b":")
        if 0 <= colon < len(part) - 1:
            yield at - len(part) + colon + 1, at
        last = at + 1
        at = text.find(b"@", last)


def _to_the_last_at(line: bytes) -> Tuple[bytes, ...]:
    """The password of a URL that has a slash or an @ in it, which should have been escaped."""
    start, end = line.find(b"//"), line.rfind(b"@")
    colon = line.find(b":", start + 2, end) if 0 <= start < end else -1
    return () if colon < 0 else (line[colon + 1 : end],)


def _halves(line: bytes) -> Tuple[bytes, bytes]:
    """A definition's name and value; of a line without a separator, as of a broken one, the first word and what follows it."""
    at = re.search(rb"[=:]", line) or re.search(rb"\s", line)
    return (line, b"") if at is None else (line[: at.start()].strip(), line[at.end() :].strip())
