"""What a boot loads of files, seen by loading them: in an empty network name space, with the node's devices and ipsets, each new text
lying over the file that it is for, so that what the files include is found as at boot. The node's own rules and files are not touched."""

import os
import pickle
import re
import socket
from typing import List, Mapping, NamedTuple, Sequence, Tuple

from . import ruleset
from .errors import CannotTell
from .namespaces import bind, isolated, tool
from .ruleset import Ruleset

NFT = "nft"
OWN = "/run/own-"  # begins the path of a file that is in the name space's own, empty /run alone
_TEXTS = "/run/texts"
_FIRST_PEER = 1000000  # index of the first device that no rule names
_SECONDS = 30


class Boot(NamedTuple):
    """What a boot does.

    :param tool: `nft`, or an iptables, by its name
    :param roots: the files that it loads, in their order
    :param texts: what lies over which file; all others are as they are
    """

    tool: str
    roots: Sequence[str]
    texts: Mapping[str, bytes]


class Loaded(NamedTuple):
    """What it gives."""

    rules: Ruleset
    listing: str  # `nft -a list ruleset`, or the filter table as iptables-save has it


class Surroundings(NamedTuple):
    """What of the node a rule can name."""

    devices: Tuple[Tuple[str, int], ...]  # name and index
    ipsets: str  # as `ipset restore` takes it


def surroundings(texts: Sequence[bytes]) -> Surroundings:
    """Those that the texts of all files name: the others make no difference. Raises CannotTell."""
    words = set(re.findall(rb"[^\s\"'{},;=]+", b"\n".join(texts)))
    has_sets = any(word in words for word in (b"--match-set", b"SET", b"--set"))
    return Surroundings(tuple(_devices(words)), ruleset.read().ipsets if has_sets else "")


def loaded(boot: Boot, around: Surroundings) -> Loaded:
    """What the boot loads there. Raises CannotTell with the tool's own words where it does not load."""
    rules, listing = pickle.loads(isolated(lambda: pickle.dumps(tuple(_load(boot, around))), _SECONDS))
    return Loaded(rules, listing)


def _load(boot: Boot, around: Surroundings) -> Loaded:
    os.chdir("/")
    _make(around)
    os.mkdir(_TEXTS, 0o700)
    for number, (path, text) in enumerate(sorted(boot.texts.items())):
        place = "%s/%d" % (_TEXTS, number)
        with open(place, "xb") as file:
            file.write(text)
        _cover(path, place)
    for root in boot.roots:
        if boot.tool == NFT:
            _run([NFT, "-f", root])
            continue
        try:
            with open(root, "rb") as file:
                text = file.read()
        except OSError as error:
            raise CannotTell("%s: %s" % (root, error.strerror))
        _run([boot.tool + "-restore"], text)
    listing = _run([NFT, "-a", "list", "ruleset"] if boot.tool == NFT else [boot.tool + "-save", "-t", "filter"])
    return Loaded(ruleset.read(), listing.decode("utf-8", "surrogateescape"))


def _cover(path: str, text: str) -> None:
    """Lays a text over a file; where the file is to be one of this name space alone, it is that text."""
    if path.startswith(OWN):
        os.rename(text, path)
        return
    try:
        bind(text, path)
    except OSError as error:
        raise CannotTell("%s: %s" % (path, error.strerror))


def _make(around: Surroundings) -> None:
    commands = []
    for number, (name, index) in enumerate(around.devices):
        peer = _FIRST_PEER + number
        commands.append("link add name %s index %d type veth peer name peer%d index %d" % (name, index, number, peer))
    if commands:
        _run(["ip", "-batch", "-"], ("\n".join(commands) + "\n").encode("ascii"))
    if around.ipsets:
        ruleset.load(Ruleset(ipsets=around.ipsets))


def _run(argv: List[str], stdin: bytes = b"") -> bytes:
    output = tool(argv, stdin)
    if output.status:
        raise CannotTell("%s: %s" % (argv[0], output.reason))
    return output.out


def _devices(words: "set[bytes]") -> List[Tuple[str, int]]:
    return [(name, index) for index, name in socket.if_nameindex() if name != "lo" and os.fsencode(name) in words]
