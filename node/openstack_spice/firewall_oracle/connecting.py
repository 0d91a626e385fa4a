"""Connections in the copy, all at once: each is let in where an answer comes back from who listens, which takes packets both ways."""

import contextlib
import errno
import select
import socket
import struct
import time
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from .copied_network import Copy, mark_of
from .errors import CannotTell
from .namespaces import inside
from .node_network import Address, Device
from .trace import Flow, Trace

_SO_MARK = 36
_SO_LINGER_NONE = struct.pack("ii", 1, 0)  # it ends with a reset, and leaves nothing
# Over a second: an ICMPv6 error reaches who connects when the first packet is sent again, after one (measured).
LONGEST = 1.4
_BACKLOG = 1024


class Try(NamedTuple):
    """A connection to try."""

    source: Address
    port: int
    device: Optional[Device]  # that it comes by; None for one of the node to itself
    is_routed: bool  # whether the node would answer by that device


class Outcome(NamedTuple):
    """What came of it."""

    is_in: bool
    port: int  # another one that it came to; 0
    flow: Flow


@contextlib.contextmanager
def listening(version: int, ports: Sequence[int]) -> Iterator[List[socket.socket]]:
    """Somebody who listens at each port, on every address. Raises OSError."""
    family, every = (socket.AF_INET, "0.0.0.0") if version == 4 else (socket.AF_INET6, "::")
    with contextlib.ExitStack() as stack:
        found = []
        for port in ports:
            one = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((every, port))
            one.listen(_BACKLOG)
            one.setblocking(False)
            found.append(one)
        yield found


class Attempt:
    """Connections under way.

    :param listeners: of :func:`listening`
    :param trace: what refuses is read from it as it comes; None where there is none
    """

    def __init__(self, copy: Copy, destination: Address, listeners: Sequence[socket.socket], trace: Optional[Trace]) -> None:
        self._copy = copy
        self._destination = destination
        self._listeners = {one.fileno(): one for one in listeners}
        self._trace = trace
        self._poll = select.poll()
        self._open: Dict[int, socket.socket] = {}
        self._tries: Dict[int, Try] = {}
        self._outcomes: Dict[Try, Outcome] = {}
        self._accepted: List[socket.socket] = []

    def made(self, tries: Sequence[Try], seconds: float, ends_at_refusal: bool) -> Dict[Try, Outcome]:
        """Tries all, and gives what came of each.

        :param seconds: to wait at most
        :param ends_at_refusal: whether a packet that was refused once would be again
        """
        for descriptor in self._listeners:
            self._poll.register(descriptor, select.POLLIN)
        if self._trace is not None:
            self._poll.register(self._trace.fileno(), select.POLLIN)
        try:
            outside = [one for one in tries if one.device is not None]
            if outside:
                with inside(self._copy.outside):
                    for one in outside:
                        self._start(one)
            for one in tries:
                if one.device is None:
                    self._start(one)
            self._wait(seconds, ends_at_refusal)
        finally:
            for each in list(self._open.values()) + self._accepted:
                _reset(each)
        return self._outcomes

    def _start(self, one: Try) -> None:
        family = socket.AF_INET if self._destination.version == 4 else socket.AF_INET6
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)
        if one.device is not None:
            made.setsockopt(socket.SOL_SOCKET, _SO_MARK, mark_of(one.device))
        try:
            made.bind((str(one.source), 0))
            self._open[made.fileno()], self._tries[made.fileno()] = made, one
            code = made.connect_ex((str(self._destination), one.port))
        except OSError as error:
            raise CannotTell("a connection from %s cannot be tried (%s)" % (one.source, error.strerror))
        if code in (0, errno.EINPROGRESS):
            self._poll.register(made.fileno(), select.POLLIN)
        else:
            self._end(made.fileno(), False)

    def _wait(self, seconds: float, ends_at_refusal: bool) -> None:
        deadline = time.monotonic() + seconds
        while self._open:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            for descriptor, _ in self._poll.poll(left * 1000):
                if descriptor in self._listeners:
                    self._greet(self._listeners[descriptor])
                elif descriptor in self._open:
                    self._hear(descriptor)
                elif self._trace is not None:
                    self._trace.read()
                    if ends_at_refusal:
                        self._end_refused()
        for descriptor in list(self._open):
            self._end(descriptor, False)
        if self._trace is not None:
            self._trace.read()

    def _end_refused(self) -> None:
        assert self._trace is not None
        refused = {one.flow for one in self._trace.refusals if one.flow is not None}
        for descriptor in list(self._open):
            flow = self._flow(descriptor)
            if flow in refused or reply_of(flow) in refused:
                self._end(descriptor, False)

    def _greet(self, listener: socket.socket) -> None:
        """Sends to each who came the port that they came to."""
        while True:
            try:
                accepted, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError:  # it went meanwhile
                continue
            self._accepted.append(accepted)
            with contextlib.suppress(OSError):
                accepted.send(struct.pack("!H", listener.getsockname()[1]))

    def _hear(self, descriptor: int) -> None:
        try:
            said = self._open[descriptor].recv(2)
            port = int.from_bytes(said, "big") if len(said) == 2 else 0
            asked = self._tries[descriptor].port
            self._end(descriptor, port == asked, 0 if port == asked else port)
        except BlockingIOError:
            pass
        except OSError:
            self._end(descriptor, False)

    def _flow(self, descriptor: int) -> Flow:
        one = self._tries[descriptor]
        return Flow(one.source, int(self._open[descriptor].getsockname()[1]), self._destination, one.port)

    def _end(self, descriptor: int, is_in: bool, port: int = 0) -> None:
        self._outcomes[self._tries[descriptor]] = Outcome(is_in, port, self._flow(descriptor))
        with contextlib.suppress(KeyError):  # it failed before it was waited for
            self._poll.unregister(descriptor)
        _reset(self._open.pop(descriptor))


def reply_of(flow: Flow) -> Flow:
    """The packets that answer."""
    return Flow(flow.destination, flow.destination_port, flow.source, flow.source_port)


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _SO_LINGER_NONE)
    one.close()
