"""Kind of change `obsolete-option`: every definition of an option that Nova does not read any more is commented out where it stands."""

from typing import Callable, Iterator, List, Optional, Tuple

from ..context import Context
from ..nova_conf.ini import Ini
from ..nova_conf.obsolete_options import ObsoleteOption, find_obsolete_options
from ..state.entry import Entry
from ..state.journal import Journal
from ..state.paths import NOVA_CONF
from ..text import ABSENT, present
from .edits import Edits
from .kind import Kind, Pass, Planned
from .options import definition_text

KEY = "key"
COMMENT = "comment"


class ObsoleteOptionKind(Kind):
    """`obsolete-option FILE SECTION/OPTION`: `key` where it is defined, `comment` where it is commented out, else `-`."""

    name = "obsolete-option"
    made_in = Pass.FILES

    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def read(self, where: str, what: str) -> str:
        data = self._edits.content(where)
        if Ini(data).definition(*what.split("/", 1)) is not None:
            return KEY
        return COMMENT if mark(what) in data else ABSENT

    def set(self, entry: Entry, journal: Journal) -> None:
        ini = self._edits.ini(entry.where)
        if entry.written == COMMENT:
            section, option = entry.what.split("/", 1)
            self._edits.edit(entry.where, ini.commented(section, option, mark(entry.what)))
        else:
            self._edits.edit(entry.where, ini.uncommented(mark(entry.what)))

    def subject(self, where: str, what: str) -> str:
        return what

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        old = "commented out" if entry.former == COMMENT else "set"
        return old, "commented out" if entry.written == COMMENT else "set again"


class ObsoleteOptions:
    """The obsolete options of this node's nova.conf.

    :param release: gives Nova's, which is asked only where it is needed
    """

    def __init__(self, context: Context, kind: ObsoleteOptionKind, release: Callable[[], int]) -> None:
        self._context = context
        self._kind = kind
        self._release = release

    def find(self) -> List[ObsoleteOption]:
        """Those that stand in nova.conf as it is. Raises CannotTell."""
        context = self._context
        data = context.system.files.read(NOVA_CONF)
        return find_obsolete_options(data, context.role, self._release(), context.desired.options)

    def plan(self) -> Iterator[Planned]:
        """What is to be commented out, or set again since nobody asks for that any more. Raises CannotTell."""
        context = self._context
        if self._asked_for:
            ini = Ini(context.system.files.read(NOVA_CONF))
            for key in self.find():
                old = definition_text(present((ini.definition(*key.option.split("/", 1)) or b"") + b"\n"))
                yield Planned(Entry(self._kind.name, NOVA_CONF, key.option, KEY, COMMENT), old, "commented out")
            return
        for entry in context.record.of_kind(self._kind.name):
            if self._kind.read(entry.where, entry.what) == entry.written:
                yield Planned(entry.reversed, "commented out", "set again")
            else:
                context.reporter.warn("changed-since", subject=entry.what)

    def report(self) -> List[str]:
        """Says what stays in nova.conf without effect, and gives the options for the report. Raises CannotTell."""
        if self._context.verb not in ("converge", "check") or self._asked_for:
            return []
        found = self.find()
        for key in found:
            section, name = key.option.split("/", 1)
            self._context.reporter.say(
                "[%s] %s is an obsolete option of %s (%s). Take it out, or set removeObsoleteOptions" % (section, name, NOVA_CONF, key.why)
            )
        return [key.option for key in found]

    @property
    def _asked_for(self) -> bool:
        return self._context.desired.remove_obsolete_options


def mark(option: str) -> bytes:
    """What the lines of an option that is commented out begin with."""
    return b"#openstack-spice# " + option.encode("ascii") + b"# "
