"""Stand-ins for the node, for tests of the node program: a folder for its file system, a table for its commands, a clock that is
moved on by waiting, and a reporter that keeps what it is given.

A test takes `make_context(tmp_path, ...)`, or single parts.
"""

import os
import subprocess
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from openstack_spice.context import Context, WorkFolder
from openstack_spice.document.desired import Desired
from openstack_spice.document.platforms import PLATFORMS, Platform
from openstack_spice.errors import Stop
from openstack_spice.limits import Limits
from openstack_spice.messages import text_of
from openstack_spice.reporter import Reporter, Value
from openstack_spice.state.entry import Entry
from openstack_spice.state.record import Record
from openstack_spice.system import Clock, Commands, Files, System
from openstack_spice.system.commands import Result
from openstack_spice.system.files import SUFFIX, Access
from openstack_spice.system.interruption import Interruption

Call = Tuple[str, ...]
Answer = Union[Result, bytes, str, int, "Callable[[Call, bytes], Union[Result, bytes, str, int]]"]


class UnexpectedCommand(BaseException):
    """A command that the test's table has no answer for. No `except Exception` of the program hides it."""


def result(answer: Union[Result, bytes, str, int]) -> Result:
    """What a command did: an output with status 0, a status with no output, or the result itself."""
    if isinstance(answer, Result):
        return answer
    if isinstance(answer, int):
        return Result(answer, b"", b"")
    return Result(0, answer.encode("utf-8", "surrogateescape") if isinstance(answer, str) else answer, b"")


def failed(status: int, err: Union[bytes, str] = b"", out: Union[bytes, str] = b"") -> Result:
    """A command that failed, and what it said."""
    text = [part.encode("utf-8") if isinstance(part, str) else part for part in (out, err)]
    return Result(status, text[0], text[1])


class FakeCommands(Commands):
    """Commands that are answered from a table.

    :param answers: by a command line, `"systemctl show -p X unit"`, or how it begins: the longest key wins. Words are parted by blanks;
        a tuple of words is a key too. An answer is an output (status 0), a status (no output), a Result, or a function of the words and
        the standard input that gives one of those
    :param programs: what `which` finds, in /usr/bin; default: every command of the table
    """

    def __init__(self, answers: Optional[Mapping[Any, Answer]] = None, programs: Optional[Sequence[str]] = None) -> None:
        super().__init__(Interruption())
        self.answers: Dict[Call, Answer] = {}
        for key, answer in (answers or {}).items():
            self.answer(key, answer)
        self.programs = programs
        self.calls: List[Call] = []
        self.inputs: List[bytes] = []
        self.options: List[Dict[str, Any]] = []

    def answer(self, key: Any, answer: Answer) -> None:
        """Adds an answer, or replaces one."""
        self.answers[tuple(key.split(" ") if isinstance(key, str) else key)] = answer

    def run(self, argv: Sequence[str], seconds: float = 60, stdin: bytes = b"", **options: Any) -> Result:  # type: ignore[override]
        """Notes the call, and answers."""
        words = tuple(argv)
        self.calls.append(words)
        self.inputs.append(stdin)
        self.options.append(dict(options, seconds=seconds))
        for length in range(len(words), 0, -1):
            if words[:length] in self.answers:
                found = self.answers[words[:length]]
                return result(found(words, stdin) if callable(found) else found)
        raise UnexpectedCommand(" ".join(words))

    def which(self, name: str) -> Optional[str]:
        """The command, where the table has it."""
        programs = self.programs if self.programs is not None else [key[0].rpartition("/")[2] for key in self.answers]
        return "/usr/bin/" + name if name in programs else None

    def lines(self) -> List[str]:
        """All calls, each as a line."""
        return [" ".join(call) for call in self.calls]


class FolderFiles(Files):
    """Files of a node whose file system is a folder; tests need not be root. `owners` has who would own a file, by its path."""

    def __init__(self, root: Any) -> None:
        self.interruption = Interruption()
        super().__init__(self.interruption, str(root))
        self.root = str(root)
        self.owners: Dict[str, Access] = {}

    def _set_access(self, descriptor: int, access: Access) -> None:
        place = os.readlink("/proc/self/fd/%d" % descriptor).split(SUFFIX)[0]
        self.owners["/" + os.path.relpath(place, os.path.realpath(self.root))] = access
        os.fchmod(descriptor, access.mode)

    def put(self, path: str, data: Union[bytes, str] = b"", mode: int = 0o644) -> None:
        """A file of the node, with its folders, as it is before the program comes."""
        place = self.at(path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)
        os.chmod(place, mode)

    def text(self, path: str) -> str:
        """A file of the node, as it is after the program."""
        with open(self.at(path), "rb") as file:
            return file.read().decode("utf-8", "surrogateescape")

    def at(self, path: str) -> str:
        """Where a path of the node really is."""
        return os.path.join(self.root, path.lstrip("/"))

    def all(self) -> Dict[str, bytes]:
        """All regular files of the node."""
        found: Dict[str, bytes] = {}
        for folder, _, names in os.walk(self.root):
            for name in names:
                place = os.path.join(folder, name)
                if os.path.isfile(place) and not os.path.islink(place):
                    with open(place, "rb") as file:
                        found["/" + os.path.relpath(place, self.root)] = file.read()
        return found


class FakeClock(Clock):
    """A clock that stands still but for pauses.

    :param events: what happens, by the second at which it does; called in a pause that comes past it
    """

    def __init__(self, events: Optional[Mapping[float, Callable[[], None]]] = None) -> None:
        super().__init__(Interruption())
        self.time = 1000.0
        self.pauses: List[float] = []
        self._events = sorted((1000.0 + at, happens) for at, happens in (events or {}).items())

    def seconds(self) -> float:
        """Seconds since the start, and 1000."""
        return self.time

    def uptime(self) -> int:
        """Seconds since the node's boot."""
        return int(self.time)

    def now(self) -> int:
        """Seconds since 1970."""
        return 1800000000 + int(self.time)

    def pause(self, seconds: float) -> None:
        """Moves the clock on."""
        self.pauses.append(seconds)
        self.time += seconds
        while self._events and self._events[0][0] <= self.time:
            self._events.pop(0)[1]()


class FakeReporter(Reporter):
    """Keeps what it is given: `facts` is the report, each line as `TYPE VALUE ...`, a change as `change SUBJECT: OLD -> NEW`; `said` the
    progress with the warnings, whose ids are in `warned`; `logged` the audit log."""

    def __init__(self, node: str = "node-1") -> None:
        super().__init__(node, None)
        self.facts: List[str] = []
        self.said: List[str] = []
        self.warned: List[str] = []
        self.quoted: List[str] = []
        self.errors: List[str] = []
        self.logged: List[str] = []

    def say(self, text: str) -> None:
        """A line of progress."""
        self.said.append(text)

    def error(self, stop: Stop) -> None:
        """The message that ends the run."""
        self.errors.append(text_of(stop))

    def quote(self, data: bytes) -> None:
        """Lines that something on the node said."""
        self.quoted += data.decode("utf-8", "replace").splitlines()

    def people(self, text: str) -> None:
        """What is in the report too."""

    def log(self, text: str) -> None:
        """A line of the audit log."""
        self.logged.append(text)

    def line(self, kind: str, value: Value, **others: str) -> None:
        """A line of the report."""
        if kind == "warning":
            self.warned.append(str(value))
        elif kind == "change":
            self.facts.append("change %s: %s -> %s" % (value, others["old"], others["new"]))
        elif isinstance(value, Mapping):
            self.facts += ["package %s %s" % member for member in value.items()]
        else:
            self.facts.append("%s %s" % (kind, value))


def as_reported(kind: Any, planned: Any) -> str:
    """A planned change as people read it."""
    return "%s: %s -> %s" % (kind.subject(planned.entry.where, planned.entry.what), planned.old, planned.new)


class FakeJournal:
    """A journal that is nowhere but here; it is given where a Journal is asked for."""

    def __init__(self) -> None:
        self.written: List[Entry] = []
        self.announced: List[str] = []
        self.is_recorded = False

    def open(self, platform: Mapping[str, str]) -> None:
        """Forgets all."""
        del self.written[:]

    def write(self, entry: Entry) -> None:
        """Notes a change."""
        self.written.append(entry)

    def announce(self, path: str) -> None:
        """Notes a new file."""
        self.announced.append(path)

    def remove_new_files(self) -> None:
        """Takes nothing away."""

    @property
    def entries(self) -> Tuple[Entry, ...]:
        """What it has."""
        return tuple(self.written)

    def has(self, *kinds: str) -> bool:
        """Whether a change of one of these kinds is in it."""
        return any(entry.kind in kinds for entry in self.written)


def platform(name: str = "Debian 12", **changed: Any) -> Platform:
    """A platform of the table, with other names where they are given."""
    return next(known for known in PLATFORMS if known.name == name)._replace(**changed)


class FakeNode:
    """All of a context, by its fakes' own types."""

    def __init__(self, context: Context, files: FolderFiles, commands: FakeCommands, clock: FakeClock, reporter: FakeReporter) -> None:
        self.context = context
        self.files = files
        self.commands = commands
        self.clock = clock
        self.reporter = reporter


def note_syncs(monkeypatch: Any, root: Any, noted: List[str]) -> None:
    """What the program has the kernel sync below a folder is added to the list from now on, as `sync PATH`."""

    def fsync(descriptor: int) -> None:
        noted.append("sync " + os.readlink("/proc/self/fd/%d" % descriptor)[len(str(root)) :])

    monkeypatch.setattr(os, "fsync", fsync)


@contextmanager
def mounted(place: Any, options: str) -> Iterator[Any]:
    """A folder that is made, with a tmpfs of its own on it for as long as it is used. Needs root."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def make_node(
    root: Any,
    answers: Optional[Mapping[Any, Answer]] = None,
    files: Optional[Mapping[str, Union[bytes, str]]] = None,
    desired: Desired = Desired(role="controller", node="node-1"),
    on: Union[str, Platform] = "Debian 12",
    record: Record = Record(),
    verb: str = "converge",
    limits: Limits = Limits(),
    clock: Optional[FakeClock] = None,
) -> FakeNode:
    """A node in a folder, and the context of a run on it.

    :param root: the folder, such as pytest's tmp_path
    :param answers: what its commands say, as FakeCommands has it
    :param files: its files
    :param on: its platform, or the platform's name
    """
    on_it = FolderFiles(root)
    for path, data in (files or {}).items():
        on_it.put(path, data)
    os.makedirs(on_it.at("/run"), exist_ok=True)
    commands, time, reporter = FakeCommands(answers), clock or FakeClock(), FakeReporter(desired.node or "node-1")
    system = System(on_it, commands, time, on_it.interruption)
    known = platform(on) if isinstance(on, str) else on
    context = Context(system, reporter, limits, verb, desired.role, desired, known, record, WorkFolder(system))
    return FakeNode(context, on_it, commands, time, reporter)


def make_context(root: Any, answers: Optional[Mapping[Any, Answer]] = None, **parts: Any) -> Context:
    """The context alone; see :func:`make_node`."""
    return make_node(root, answers, **parts).context
