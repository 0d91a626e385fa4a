"""What the operator reads: the report on standard output, lines of `key value`, and progress for people on standard error.

Each line is printable text of at most 1,000 characters. A closed connection is no reason to stop.
"""

import os
from typing import List, Optional

from .errors import Stop
from .messages import text_of
from .nova_conf.secrets import without_secrets
from .state.audit import Audit
from .text import cut, from_bytes, printable, to_bytes


class Reporter:
    """Tells what happens, and counts what changed.

    :param node: the node's name, as the document has it
    :param audit: where changes are logged; None where nothing is changed
    """

    def __init__(self, node: str, audit: Optional[Audit]) -> None:
        self.node = node
        self.audit = audit
        self.changes: List[str] = []
        self.kept: List[str] = []

    def say(self, text: str) -> None:
        """A line of progress."""
        _write(2, "openstack-spice: %s: %s" % (self.node, text))

    def error(self, stop: Stop) -> None:
        """The message that ends the run."""
        _write(2, "openstack-spice: error: %s: %s" % (self.node, text_of(stop)))

    def quote(self, data: bytes) -> None:
        """Lines that something on the node said, such as a service's last words."""
        for line in data.decode("utf-8", "replace").splitlines():
            _write(2, line)

    def changed(self, text: str) -> None:
        """A change that was made, or would be: `SUBJECT: OLD -> NEW`; without passwords in URLs, as all that is shown."""
        text = _shown(text)
        self.changes.append(text)
        self.log(text)
        self.fact("change", text)

    def restarted(self, unit: str) -> None:
        """A unit that was restarted."""
        self.log("restarted " + unit)
        self.fact("restarted", unit)

    def log(self, text: str) -> None:
        """A line of the audit log alone."""
        if self.audit is not None:
            self.audit.write(_shown(text))

    def fact(self, key: str, value: str) -> None:
        """A line of the report."""
        _write(1, "%s %s" % (key, value))


def _shown(text: str) -> str:
    return from_bytes(without_secrets(to_bytes(text)))


def _write(descriptor: int, text: str) -> None:
    view = memoryview(to_bytes(cut(printable(_shown(text))) + "\n"))
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        pass  # nobody listens any more: the run goes on to its end all the same
