"""Netlink messages, as bytes: what nft and ip exchange with the kernel, without either tool and without a text in between.

Facts: linux/netlink.h, linux/netfilter/nfnetlink.h.
"""

import errno
import os
import socket
import struct
import sys
from typing import Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

ROUTE = 0  # NETLINK_ROUTE: devices, addresses, routes
NETFILTER = 12  # NETLINK_NETFILTER: nf_tables, ipset

REQUEST, ACK = 0x1, 0x4
REPLACE, CREATE, EXCLUSIVE, APPEND = 0x100, 0x400, 0x200, 0x800
_DUMP = 0x300
_INTERRUPTED = 0x10  # NLM_F_DUMP_INTR: what is dumped changed meanwhile
_ERROR, _DONE = 2, 3
_NESTED_AND_ORDER = 0xC000  # flags in an attribute's type
_LARGEST_PART = 1 << 20  # the kernel sends a dump in parts of 32 KiB at most
_BUFFER = 64 << 20  # bytes; a batch is one message to the kernel's queue
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port


class Changed(Exception):
    """What was dumped changed while it was; it has to be read again."""


class NetlinkError(OSError):
    """The kernel refused a message.

    :ivar index: of the refused message in its batch, from 0
    """

    def __init__(self, number: int, index: int = 0) -> None:
        super().__init__(number, os.strerror(number))
        self.index = index


class Attribute(NamedTuple):
    """One attribute of a message."""

    kind: int  # without flags
    data: bytes
    flags: int = 0  # NLA_F_NESTED, NLA_F_NET_BYTEORDER

    @property
    def number(self) -> int:
        """Its value, a number in network order as netfilter has them."""
        return int.from_bytes(self.data, "big")

    @property
    def native(self) -> int:
        """Its value, a number in this machine's order as rtnetlink has them."""
        return int.from_bytes(self.data, sys.byteorder)

    @property
    def text(self) -> str:
        """Its value, a text that ends with NUL."""
        return self.data.split(b"\0")[0].decode("utf-8", "surrogateescape")

    @property
    def inner(self) -> List["Attribute"]:
        """The attributes that are nested in it."""
        return attributes(self.data)


def attributes(data: bytes) -> List[Attribute]:
    """All attributes, in their order; what is cut short is left out."""
    found, place = [], 0
    while place + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, place)
        if length < 4:
            break
        found.append(Attribute(kind & ~_NESTED_AND_ORDER, data[place + 4 : place + length], kind & _NESTED_AND_ORDER))
        place += (length + 3) & ~3
    return found


def packed(all_of_them: Iterable[Attribute]) -> bytes:
    """The bytes of attributes."""
    parts = []
    for one in all_of_them:
        parts.append(struct.pack("=HH", len(one.data) + 4, one.kind | one.flags) + one.data + b"\0" * (-len(one.data) % 4))
    return b"".join(parts)


def nested(kind: int, inner: Iterable[Attribute]) -> Attribute:
    """An attribute of attributes."""
    return Attribute(kind, packed(inner), 0x8000)


def number(kind: int, value: int) -> Attribute:
    """An attribute of 32 bits in network order, as netfilter has them."""
    return Attribute(kind, struct.pack(">I", value))


def native(kind: int, value: int) -> Attribute:
    """An attribute of 32 bits in this machine's order, as rtnetlink has them."""
    return Attribute(kind, struct.pack("=I", value))


def by_kind(all_of_them: Iterable[Attribute]) -> Dict[int, Attribute]:
    """Attributes by their kind; of several the last."""
    return {one.kind: one for one in all_of_them}


class Request(NamedTuple):
    """A message to the kernel."""

    kind: int
    flags: int
    body: bytes


class Netlink:
    """A socket to the kernel, in the network name space of who makes it; it stays there. For `with`.

    :param protocol: ROUTE or NETFILTER
    :param group: a multicast group to listen to; default: none
    """

    def __init__(self, protocol: int, group: int = 0) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self._sequence = 0
        try:
            self._socket.bind((0, 0))
            for option in (_SO_SNDBUFFORCE, _SO_RCVBUFFORCE):
                self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
            if group:
                self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
            self._socket.settimeout(20)
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> "Netlink":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def dump(self, kind: int, body: bytes) -> Iterator[Tuple[int, bytes]]:
        """All messages of an answer: type and body. Raises Changed, NetlinkError."""
        self._send([Request(kind, REQUEST | _DUMP, body)])
        while True:
            for message, flags, _, data in self._receive():
                if flags & _INTERRUPTED:
                    raise Changed()
                if message == _DONE:
                    self._check(data)
                    return
                if message == _ERROR:
                    self._check(data)
                else:
                    yield message, data

    def get(self, kind: int, body: bytes) -> bytes:
        """The body of the one message that answers. Raises NetlinkError."""
        self._send([Request(kind, REQUEST, body)])
        message, _, _, data = self._receive()[0]
        if message == _ERROR:
            self._check(data)
        return data

    def change(self, kind: int, flags: int, body: bytes) -> None:
        """Makes one change. Raises NetlinkError."""
        self._send([Request(kind, REQUEST | ACK | flags, body)])
        for _, _, _, data in self._receive():
            self._check(data)

    def batch(self, requests: Sequence[Request], begin: Request, end: Request) -> None:
        """Makes all changes or none. Raises NetlinkError with the index of the first that was refused."""
        if not requests:
            return
        last = requests[-1]
        whole = [begin] + list(requests[:-1]) + [last._replace(flags=last.flags | ACK), end]
        first = self._send(whole) + 1
        while True:
            for message, _, sequence, data in self._receive():
                if message == _ERROR:
                    self._check(data, sequence - first)
                    if sequence - first == len(requests) - 1:
                        return

    def events(self, seconds: float) -> Iterator[Tuple[int, bytes]]:
        """What came to the group until now: type and body. Waits for the first.

        :param seconds: to wait at most
        """
        self._socket.settimeout(max(seconds, 0.001))
        try:
            while True:
                for message, _, _, data in self._receive():
                    yield message, data
                self._socket.settimeout(0.001)
        except (socket.timeout, BlockingIOError):
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise

    def fileno(self) -> int:
        """The descriptor, to wait for."""
        return self._socket.fileno()

    def _send(self, requests: Sequence[Request]) -> int:
        """Sends messages as one. Gives the sequence number of the first."""
        parts, first = [], self._sequence + 1
        for request in requests:
            self._sequence += 1
            length = _HEADER.size + len(request.body)
            header = _HEADER.pack(length, request.kind, request.flags, self._sequence, 0)
            parts.append(header + request.body + b"\0" * (-length % 4))
        self._socket.send(b"".join(parts))
        return first

    def _receive(self) -> List[Tuple[int, int, int, bytes]]:
        """One part: of each message type, flags, sequence number and body."""
        data, place, found = self._socket.recv(_LARGEST_PART), 0, []
        while place + _HEADER.size <= len(data):
            length, kind, flags, sequence, _ = _HEADER.unpack_from(data, place)
            found.append((kind, flags, sequence, data[place + _HEADER.size : place + length]))
            place += (length + 3) & ~3
        return found

    def _check(self, data: bytes, index: int = 0) -> None:
        code = -struct.unpack_from("=i", data)[0] if len(data) >= 4 else 0
        if code == errno.EINTR:
            raise Changed()
        if code > 0:
            raise NetlinkError(code, index)
