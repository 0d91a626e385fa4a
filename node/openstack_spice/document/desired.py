"""The desired state document: header lines `key = value`, of which `ROLE = NODE` is one, then nova.conf sections.

What is not understood ends the run with status 2: a document of a newer version is never half obeyed. Values that reach the
firewall, a path or a command are validated here too, whoever wrote the document.
"""

import ipaddress
import re
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple

from ..errors import BadDocument, Refused
from ..state.paths import ROLE_NAMES

_LINE = re.compile(r"([a-z0-9_-]+) = (.*)\Z")
_SECTION = re.compile(r"\[([A-Za-z_]+)\]\Z")
_LISTS = ("allow-from", "recipe", "repository-line", "ignore-manager", "option-range", "option-name")
_SINGLES = (
    "tls-certificate",
    "tls-key",
    "tls-host",
    "tls-ends-before",
    "id",
    "owner",
    "former-owner",
    "release",
    "vnc",
    "dead-keys",
    "accept-console-loss",
    "accept-pending-changes",
    "nova-api-credentials",
    "firewall",
    "close-to-others",
    "packages-on-destroy",
    "web-client-package",
    "web-client-folder",
    "web-client-archive",
    "repository",
    "repository-key",
    "console-ports",
)


class PortRange(NamedTuple):
    """TCP ports, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        return "%d-%d" % self


class Desired(NamedTuple):
    """The document, read. The document of a run that has none, such as a revert, is empty."""

    role: str = ""
    node: str = ""
    headers: Mapping[str, str] = {}  # those that are given once
    lists: Mapping[str, Tuple[str, ...]] = {}  # those that can be given more often
    options: Mapping[str, str] = {}  # "section/option" -> value as written in nova.conf, in the document's order
    console_ports: Optional[PortRange] = None  # to be closed to all but `allow_from`
    allow_from: Tuple[str, ...] = ()  # CIDR blocks

    def header(self, key: str) -> str:
        """A header's value, or nothing."""
        return self.headers.get(key, "")

    def is_set(self, key: str) -> bool:
        """Whether a switch is on."""
        return self.header(key) == "true"

    def list(self, key: str) -> Tuple[str, ...]:
        """All values of a header, in their order."""
        return self.lists.get(key, ())

    def declared(self, option: str, default: str) -> str:
        """A declared value, as written in nova.conf; else the default."""
        return self.options.get(option) or default

    def as_in_recipe(self, way: str) -> bool:
        """Whether the recipe's behaviour is asked for by that name."""
        return way in self.list("recipe")

    @property
    def owner(self) -> str:
        """The stack."""
        return self.header("owner")

    @property
    def id(self) -> str:
        """Which of the stack's resources sends it."""
        return self.header("id")

    @property
    def package_fate(self) -> str:
        """What becomes of installed packages at a revert: `keep` or `remove`."""
        return self.header("packages-on-destroy") or "keep"


def read_document(data: bytes, node: str) -> Desired:
    """The document. Raises BadDocument, which names the line, where it is not sound.

    :param node: this node's name, for the message
    """
    reader = _Reader()
    text = data.decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n"), 1):
        if line != "" and not line.startswith("#"):
            reader.line(line, number)
    return reader.desired(node)


def fitted_to_release(desired: Desired, major: int) -> Desired:
    """The document with options called as this Nova calls them. Raises Refused for one that it does not have.

    :param major: Nova's release, 13 and later
    """
    options: Dict[str, str] = dict(desired.options)
    for line in desired.list("option-name"):
        option, span, older = line.split(" ")
        first, last = span.split("-")
        if int(first) <= major <= int(last) and option in options:
            options = {older if name == option else name: value for name, value in options.items()}
    for line in desired.list("option-range"):
        option, first, last = line.split(" ")
        if option not in options:
            continue
        section, name = option.split("/", 1)
        if major < int(first):
            raise Refused("option-too-new", release=major, section=section, option=name, first=first)
        if last != "-" and major > int(last):
            raise Refused("option-too-old", release=major, section=section, option=name, last=last)
    return desired._replace(options=options)


class _Reader:
    """Takes the document's lines."""

    def __init__(self) -> None:
        self._section = ""
        self._role = ""
        self._node = ""
        self._headers: Dict[str, str] = {}
        self._lists: Dict[str, List[str]] = {}
        self._options: Dict[str, str] = {}
        self._ports: Optional[PortRange] = None
        self._sources: List[str] = []

    def line(self, line: str, number: int) -> None:
        section = _SECTION.match(line)
        if section:
            self._section = section.group(1)
            return
        found = _LINE.match(line)
        if not found:
            raise BadDocument("document-no-key-value", number=number)
        key, value = found.groups()
        if not all(" " <= character <= "~" for character in value):
            raise BadDocument("document-not-printable", number=number)
        if self._section:
            self._option(self._section + "/" + key, value, number)
        else:
            self._header(key, value, number)

    def desired(self, node: str) -> Desired:
        if self._headers.get("tls-key") and not self._options.get("DEFAULT/cert"):
            raise BadDocument("document-certificate-without-place")
        if not self._role or not self._headers.get("owner"):
            raise BadDocument("document-without-role", node=node)
        lists = {key: tuple(values) for key, values in self._lists.items()}
        return Desired(self._role, self._node, self._headers, lists, self._options, self._ports, tuple(self._sources))

    def _option(self, option: str, value: str, number: int) -> None:
        if option in self._options:
            section, name = option.split("/", 1)
            raise BadDocument("document-option-twice", number=number, section=section, option=name)
        self._options[option] = value

    def _header(self, key: str, value: str, number: int) -> None:
        if key in ROLE_NAMES:
            if self._role:
                raise BadDocument("document-role-twice", number=number, role=self._role)
            self._role, self._node = key, value
        elif key == "allow-from":
            self._sources.append(_source(value, number))
        elif key in _LISTS:
            self._lists.setdefault(key, []).append(_checked(key, value, number))
        elif key in _SINGLES:
            if key in self._headers:
                raise BadDocument("document-key-twice", number=number, key=key)
            self._headers[key] = _checked(key, value, number)
            if key == "console-ports":
                span, *sources = value.split(" ")
                self._ports = _ports(span, number)
                self._sources = [_source(source, number) for source in sources]
        else:
            raise BadDocument("document-key-unknown", number=number, key=key)


_SHAPES: Mapping[str, str] = {
    "option-range": r"[A-Za-z_]+/[a-z0-9_]+ \d+ (\d+|-)",
    "option-name": r"[A-Za-z_]+/[a-z0-9_]+ \d+-\d+ [A-Za-z_]+/[a-z0-9_]+",
    "repository": r"[A-Za-z0-9][A-Za-z0-9_.:-]*",
    "repository-key": r"[A-Za-z0-9+/=]+",
    "repository-line": r"[a-z_]+=.*",
    "tls-certificate": r"[A-Za-z0-9+/=]+( [A-Za-z0-9+/=]+)*",
    "tls-key": r"[A-Z0-9 ]+ [A-Za-z0-9+/=]+",
    "release": r"\d+",
    "web-client-package": r"[A-Za-z0-9][A-Za-z0-9_.+-]*",
    "web-client-folder": r"/.*",
    "web-client-archive": r"[0-9a-f]{64} \S.*",
    "ignore-manager": r"[a-z-]+",
}


def _checked(key: str, value: str, number: int) -> str:
    """The value, where it has the shape that its key wants."""
    shape = _SHAPES.get(key)
    if shape is not None and not re.fullmatch(shape, value):
        raise BadDocument("document-value-malformed", number=number, key=key)
    return value


def _source(value: str, number: int) -> str:
    """A CIDR block in its canonical form, which is how it stands in rules. A zone (`fe80::%eth0`), which Python takes with any text in it,
    is no part of one. Nor is a number that begins with 0 (`010.0.0.0`), which is octal to some programs, and which Python before 3.9.5
    takes as decimal."""
    try:
        block = ipaddress.ip_network(value)
    except ValueError:
        raise BadDocument("document-source-malformed", number=number)
    if "%" in value or re.search(r"(?:^|[.:])0[0-9]+\.|\.0[0-9]", value):
        raise BadDocument("document-source-malformed", number=number)
    if isinstance(block, ipaddress.IPv6Network) and block.network_address.ipv4_mapped is not None and block.prefixlen >= 96:
        raise BadDocument("document-source-mapped", number=number)
    return str(block)


def _ports(value: str, number: int) -> PortRange:
    found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", value)
    if found and 0 < int(found.group(1)) <= int(found.group(2)) < 65536:
        return PortRange(int(found.group(1)), int(found.group(2)))
    raise BadDocument("document-value-malformed", number=number, key="console-ports")
