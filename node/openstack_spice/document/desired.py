"""The desired state: one JSON object, of which the schema says what may be in it (contract/desired-state.schema.json).

What is not understood ends the run with status 2: a document of a newer version is never half obeyed. Values that reach the
firewall, a path or a command are validated here too, whoever wrote the document.
"""

import ipaddress
import json
import re
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from ..errors import BadDocument, Refused
from .desired_state_schema import SCHEMA
from .schema import Schema, Violation, place, violations

MOST_SHOWN = 5  # violations in one message
# In every Python alike.
_LEADING_ZERO = re.compile(r"(?:^|[.:])0[0-9]+\.|\.0[0-9]")


class PortRange(NamedTuple):
    """TCP ports, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        return "%d-%d" % self


class Releases(NamedTuple):
    """Releases of Nova, both ends included."""

    first: int
    last: Optional[int] = None  # None: the newest one has it

    def has(self, release: int) -> bool:
        """Whether a release is one of them."""
        return self.first <= release and (self.last is None or release <= self.last)


class Tls(NamedTuple):
    """What there is to know of TLS beside nova.conf; texts are empty where they are left out."""

    certificate: str = ""  # PEM, with its issuers'
    key: str = ""  # PEM, secret
    host: str = ""  # that a certificate on the node has to be for
    is_terminated_upstream: bool = False


class WebClientSource(NamedTuple):
    """Where the web client comes from; all empty: the platform's own package."""

    package: str = ""
    folder: str = ""  # where that package puts its page
    archive: str = ""  # a path, or a URL
    sha256: str = ""  # the archive's


class RepositoryFile(NamedTuple):
    """A repository of yum's or dnf's."""

    id: str
    key: str  # its public key, in ASCII armor, or nothing
    settings: Mapping[str, str]  # the lines of its file


class Desired(NamedTuple):
    """The document, read. The document of a run that has none, such as a revert, is empty."""

    role: str = ""
    node: str = ""
    id: str = ""  # which of the stack's resources sends it
    owner: str = ""  # the stack
    former_owner: str = ""
    release: Optional[int] = None  # that Nova must have
    tools_to_ignore: FrozenSet[str] = frozenset()
    accept_pending_changes: bool = False
    options: Mapping[str, str] = {}  # "section/option" -> value as written in nova.conf, in the document's order
    option_releases: Mapping[str, Releases] = {}
    option_names: Mapping[str, Mapping[str, Releases]] = {}  # older names, and the releases that have them alone
    remove_obsolete_options: bool = False
    vnc_is_off: bool = False
    accept_console_loss: bool = False
    nova_api_credentials: str = ""  # a section of Nova's configuration
    sources: Optional[Tuple[str, ...]] = None  # CIDR blocks that get in; None: the firewall is left alone
    drop_other_sources: bool = False
    console_ports: Optional[PortRange] = None  # to be closed to all but the sources
    tls: Tls = Tls()
    web_client: WebClientSource = WebClientSource()
    repository: Optional[RepositoryFile] = None
    packages_on_destroy: str = "keep"  # or `remove`
    recipe: FrozenSet[str] = frozenset()  # the recipe's behaviour that is asked for, by its names

    def declared(self, option: str, default: str) -> str:
        """A declared value, as written in nova.conf; else the default."""
        return self.options.get(option) or default


def read_document(data: bytes) -> Desired:
    """The document. Raises BadDocument, which names each place that is not right, and shows no value."""
    value = read_object(data)
    schema = _schema_of(value)
    if schema is None:
        raise BadDocument("document-invalid", problems="role is not one of %s" % ", ".join(_roles()))
    found = list(violations(value, schema, SCHEMA["$defs"]))
    if not found:
        found = list(_violations_beyond_schema(value))
    if found:
        more = ["%d more" % (len(found) - MOST_SHOWN)] if len(found) > MOST_SHOWN else []
        raise BadDocument("document-invalid", problems="; ".join([str(one) for one in found[:MOST_SHOWN]] + more))
    return _desired(value)


def read_object(data: bytes) -> Dict[str, Any]:
    """One JSON object, no member of which is there twice. Raises BadDocument."""
    try:
        value = json.loads(data.decode("ascii"), object_pairs_hook=_members, parse_int=_integer)
    except (ValueError, RecursionError) as error:  # its text can have a part of the document in it
        at = " at character %d" % error.pos if isinstance(error, json.JSONDecodeError) else ""
        raise BadDocument("document-not-json", at=at)
    if not isinstance(value, dict):
        raise BadDocument("document-not-json", at="")
    return value


def fitted_to_release(desired: Desired, major: int) -> Desired:
    """The document with options called as this Nova calls them. Raises Refused for one that it does not have.

    :param major: Nova's release, 13 and later
    """
    options: Dict[str, str] = dict(desired.options)
    for option, names in desired.option_names.items():
        for older, releases in names.items():
            if releases.has(major) and option in options:
                options = {older if name == option else name: value for name, value in options.items()}
    for option, releases in desired.option_releases.items():
        if option not in options:
            continue
        section, name = option.split("/", 1)
        if major < releases.first:
            raise Refused("option-too-new", release=major, section=section, option=name, first=releases.first)
        if not releases.has(major):
            raise Refused("option-too-old", release=major, section=section, option=name, last=releases.last)
    return desired._replace(options=options)


def _members(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadDocument("document-member-twice", member=place("", twice))
    return members


def _integer(text: str) -> object:
    """A number; more digits than any has here are a text, since reading millions of them would take its time."""
    return int(text) if len(text) < 20 else text


def _definitions() -> Iterator[Schema]:
    """Those of the roles."""
    for one in SCHEMA["oneOf"]:
        yield SCHEMA["$defs"][one["$ref"][len("#/$defs/") :]]


def _roles() -> List[str]:
    return [definition["properties"]["role"]["const"] for definition in _definitions()]


def _schema_of(value: Mapping[str, object]) -> Optional[Schema]:
    """The schema of the document's role; None where it has none that is known."""
    return next((one for one in _definitions() if one["properties"]["role"]["const"] == value.get("role")), None)


def _violations_beyond_schema(value: Mapping[str, Any]) -> Iterator[Violation]:
    """What a schema cannot say."""
    for member in ("firewall", "consolePorts"):
        for block in value.get(member, {}).get("sources", {}):
            yield from _violations_of_source(block, place(member + ".sources", block))
    ports = value.get("consolePorts", {})
    if ports and ports["first"] > ports["last"]:
        yield Violation("consolePorts.last", "is before consolePorts.first")
    if "key" in value.get("tls", {}) and not value["nova.conf"].get("DEFAULT", {}).get("cert"):
        yield Violation("tls.certificate", "has no [DEFAULT] cert that says where it goes")


def _violations_of_source(block: str, path: str) -> Iterator[Violation]:
    """A CIDR block has to be in its canonical form, which is how it stands in rules. A number that begins with 0 (`010.0.0.0`) is octal to
    some programs, and decimal to Python before 3.9.5."""
    try:
        network = None if _LEADING_ZERO.search(block) else ipaddress.ip_network(block)
    except ValueError:
        network = None
    if network is None:
        yield Violation(path, "is not a CIDR block, such as 192.0.2.0/24, of its network address")
        return
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped is not None and network.prefixlen >= 96:
        yield Violation(path, "is an IPv4-mapped block, which no IPv4 packet has as its source")
    elif str(network) != block:
        yield Violation(path, "is not in its canonical form")


def _desired(value: Mapping[str, Any]) -> Desired:
    """A valid document."""
    firewall, ports, tls = value.get("firewall"), value.get("consolePorts"), value.get("tls", {})
    guarded = firewall or ports
    return Desired(
        role=value["role"],
        node=value["node"],
        id=value["id"],
        owner=value["owner"],
        former_owner=value.get("formerOwner", ""),
        release=value.get("release"),
        tools_to_ignore=frozenset(value.get("toolsToIgnore", {})),
        accept_pending_changes="acceptPendingChanges" in value,
        options={section + "/" + name: text for section, options in value.get("nova.conf", {}).items() for name, text in options.items()},
        option_releases={option: _releases(releases) for option, releases in value.get("optionReleases", {}).items()},
        option_names={
            option: {name: _releases(releases) for name, releases in names.items()}
            for option, names in value.get("optionNames", {}).items()
        },
        remove_obsolete_options="removeObsoleteOptions" in value,
        vnc_is_off="vnc" in value,
        accept_console_loss="acceptConsoleLoss" in value,
        nova_api_credentials=value.get("novaApiCredentials", ""),
        sources=None if guarded is None else tuple(guarded["sources"]),
        drop_other_sources="dropOtherSources" in (firewall or {}),
        console_ports=None if ports is None else PortRange(ports["first"], ports["last"]),
        tls=Tls(tls.get("certificate", ""), tls.get("key", ""), tls.get("host", ""), "terminatedUpstream" in tls),
        web_client=WebClientSource(**value.get("webClient", {})),
        repository=_repository(value.get("repository")),
        packages_on_destroy=value.get("packagesOnDestroy", "keep"),
        recipe=frozenset(value.get("recipe", {})),
    )


def _releases(value: Mapping[str, int]) -> Releases:
    return Releases(value["first"], value.get("last"))


def _repository(value: Optional[Mapping[str, Any]]) -> Optional[RepositoryFile]:
    return None if value is None else RepositoryFile(value["id"], value.get("key", ""), value["settings"])
