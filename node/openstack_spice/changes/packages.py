"""Kinds of change of packages: `package`, `rpm-key` and `web-client`."""

from typing import Optional, Tuple

from ..errors import Failed
from ..packages import rpm
from ..packages.packages import Packages
from ..packages.web_client import WebClient
from ..state.entry import Entry
from ..state.journal import Journal
from ..system import Commands
from ..text import ABSENT
from .kind import Kind, Outcome, Pass

RPM_WAIT = 60  # seconds


class PackageKind(Kind):
    """`package NAME -`: `-`, or its version. An entry only tells that we installed it; :class:`Packages` does, all at once, and
    packages/removal.py decides what becomes of it."""

    name = "package"
    made_in = Pass.PACKAGES

    def __init__(self, packages: Packages) -> None:
        self._packages = packages

    def read(self, where: str, what: str) -> str:
        return self._packages.version(where) or ABSENT

    def set(self, entry: Entry, journal: Journal) -> None:
        """Changes nothing."""

    def subject(self, where: str, what: str) -> str:
        return "package/" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return None

    def transition(self, entry: Entry, journal: Journal) -> Outcome:
        return Outcome.NOTHING


class RpmKeyKind(Kind):
    """`rpm-key VERSION-RELEASE FILE`: `-` or `in`, whether rpm trusts that public key."""

    name = "rpm-key"
    made_in = Pass.FILES

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def read(self, where: str, what: str) -> str:
        return "in" if rpm.keys_installed(self._commands, (where,), RPM_WAIT) else ABSENT

    def set(self, entry: Entry, journal: Journal) -> None:
        if entry.written == "in":
            if not self._commands.run(["rpm", "--import", entry.what], RPM_WAIT).ok:
                raise Failed("rpm-key-not-imported", file=entry.what)
        elif not self._commands.run(["rpm", "-e", "--allmatches", "gpg-pubkey-" + entry.where], RPM_WAIT).ok:
            raise Failed("rpm-key-not-removed", key=entry.where)

    def subject(self, where: str, what: str) -> str:
        return "rpm-key/" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return ("imported", "(none)") if entry.written == ABSENT else ("(none)", "imported")


class WebClientKind(Kind):
    """`web-client FOLDER SHA256`: `-`, or `=` and a digest of all that is in the folder. SHA256 is the archive's that it came from."""

    name = "web-client"
    made_in = Pass.FILES

    def __init__(self, web_client: WebClient) -> None:
        self._web_client = web_client

    def read(self, where: str, what: str) -> str:
        return self._web_client.state(where)

    def set(self, entry: Entry, journal: Journal) -> None:
        if entry.written == ABSENT:
            self._web_client.take_away(entry.where)
        else:
            self._web_client.put(entry.where, entry.written)

    def subject(self, where: str, what: str) -> str:
        return "web-client" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        former, written = ["(none)" if state == ABSENT else "sha256 " + entry.what[:12] for state in (entry.former, entry.written)]
        return former, written
