"""What a run answers: its report on standard output, for programs, and plain text on standard error, for people.

The report is lines of JSON (contract/report.schema.json), each of at most 1,000 bytes, the last one an end mark. What people have to
know is on standard error too, which alone Pulumi shows. All of it is printable, and without passwords in URLs. A closed connection is
no reason to stop.
"""

import json
import os
from typing import Any, Dict, List, Mapping, Optional, Union

from .errors import ExitStatus, Stop
from .messages import text_of, text_of_message
from .nova_conf.secrets import without_secrets
from .state.audit import Audit
from .system.streams import is_terminal
from .text import LONGEST_LINE, cut, printable, to_bytes

CUT = " ..."  # the end of a text that was cut

Value = Union[str, int, Mapping[str, str]]  # of a member of a line


class Reporter:
    """Reports what happens, and counts what changed.

    :param node: the node's name, as the document has it
    :param audit: where changes are logged; None where nothing is changed
    """

    def __init__(self, node: str, audit: Optional[Audit]) -> None:
        self.node = node
        self.audit = audit
        self.changes: List[str] = []  # the subjects of what changed
        self.kept: List[str] = []  # the subjects of what somebody else changed since
        self._is_read_by_people = is_terminal(1)

    def say(self, text: str) -> None:
        """A line of progress, for people alone."""
        self.people("openstack-spice: %s: %s" % (self.node, text))

    def warn(self, message: str, **facts: Any) -> None:
        """Something of the catalogue that the operator should know, and that stops nothing."""
        text = text_of_message(message, facts)
        self.say(text)
        self.line("warning", message, text=text)

    def error(self, stop: Stop) -> None:
        """The message that ends the run."""
        text = text_of(stop)
        self.people("openstack-spice: error: %s: %s" % (self.node, text))
        self.line("failed" if stop.status is ExitStatus.FAILED else "refused", stop.message, text=text)

    def quote(self, data: bytes) -> None:
        """Lines that something on the node said, such as a service's last words."""
        for line in data.decode("utf-8", "replace").splitlines():
            self.people(line)

    def changed(self, subject: str, old: str, new: str) -> None:
        """A change that was made, or would be."""
        text = "%s: %s -> %s" % (subject, old, new)
        self.changes.append(subject)
        self.log(text)
        self.people(text)
        self.line("change", subject, old=old, new=new)

    def restarted(self, unit: str) -> None:
        """A unit that was restarted."""
        self.log("restarted " + unit)
        self.people("restarted " + unit)
        self.line("restarted", unit)

    def end(self) -> None:
        """The end mark: the run came to its end, and this is all of its report."""
        for subject in self.kept:
            self.line("kept", subject)
        self.people("changed %d" % len(self.changes))
        self.line("end", len(self.changes))

    def answer(self, text: str) -> None:
        """A line on standard output for people, who asked for just that."""
        _write(1, _shown(text))

    def log(self, text: str) -> None:
        """A line of the audit log alone."""
        if self.audit is not None:
            self.audit.write(_without_secrets(text))

    def people(self, text: str) -> None:
        """A line on standard error."""
        _write(2, _shown(text))

    def line(self, kind: str, value: Value, **others: str) -> None:
        """A line of the report. Nobody who sits at a terminal has a need of it.

        :param kind: the name of its first member
        :param value: that member
        :param others: the members behind it
        """
        if not self._is_read_by_people:
            members: Dict[str, Value] = {kind: value}
            members.update(others)
            _write(1, line_of(members))


def line_of(members: Mapping[str, Value]) -> str:
    """A line of a report; its longest texts are cut where it is too long."""
    line: Dict[str, Value] = {}
    texts: Dict[str, str] = {}
    for name, value in members.items():
        line[name] = value
        if isinstance(value, str):
            line[name] = texts[name] = _shown(value)
    while True:
        text = json.dumps(line, separators=(",", ":"))
        excess = len(text) - LONGEST_LINE
        if excess <= 0 or not texts:
            return text
        longest = max(texts, key=lambda name: len(json.dumps(texts[name])))
        # What is not ASCII takes up to twelve bytes for a character.
        texts[longest] = texts[longest][: -max(1, excess // 12)]
        line[longest] = texts[longest] + CUT


def _shown(text: str) -> str:
    return cut(printable(_without_secrets(text)))


def _without_secrets(text: str) -> str:
    # Whatever a text has in it: bytes that are no characters, and halves of one, which JSON can have.
    return without_secrets(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _write(descriptor: int, text: str) -> None:
    view = memoryview(to_bytes(text + "\n"))
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        pass  # nobody listens any more: the run goes on to its end all the same
