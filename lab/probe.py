#!/usr/bin/python3
"""probe.py URL [ORIGIN]: whether a SPICE server answers behind a console URL of Nova's, without a browser.

Opens the web socket as the page at URL would (with the URL's own origin, or ORIGIN), sends a SPICE link message and
reads the answer. Prints `REDQ VERSION` and exits 0 when the server accepts. Otherwise the reason, and exit 1: the proxy
says `101 Switching Protocols` to bad tokens and wrong origins too, so only the answer to the message is proof.
Certificates are checked.
"""
import base64
import os
import socket
import ssl
import struct
import sys
import urllib.parse

SECONDS = 15
SPICE_MAGIC = b"REDQ"
MAIN_CHANNEL = 1
# common capabilities: authentication selection, SPICE authentication, mini headers
CAPABILITIES = 0b1011


def connect(url):
    default = 443 if url.scheme == "https" else 80
    connection = socket.create_connection((url.hostname, url.port or default), SECONDS)
    if url.scheme == "https":
        connection = ssl.create_default_context().wrap_socket(connection, server_hostname=url.hostname)
    return connection


def read(connection, buffer, size):
    """Fills buffer up to size bytes."""
    while len(buffer) < size:
        data = connection.recv(4096)
        if not data:
            raise ValueError(f"the proxy closed the connection after {bytes(buffer)!r}")
        buffer += data


def upgrade(connection, url, origin):
    """The web socket's handshake; returns what came after it."""
    token = urllib.parse.parse_qs(url.query).get("token", [""])[0]
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /?{urllib.parse.urlencode({'token': token})} HTTP/1.1\r\nHost: {url.netloc}\r\nOrigin: {origin}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: binary\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    connection.sendall(request.encode())
    buffer = bytearray()
    while b"\r\n\r\n" not in buffer:
        read(connection, buffer, len(buffer) + 1)
    head, rest = bytes(buffer).split(b"\r\n\r\n", 1)
    status = head.split(b"\r\n")[0].decode(errors="replace")
    if " 101 " not in status + " ":
        raise ValueError(f"no web socket: {status}")
    return bytearray(rest)


def send(connection, message):
    """One masked binary frame of less than 126 bytes."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(message))
    connection.sendall(bytes([0x82, 0x80 | len(message)]) + mask + masked)


def receive(connection, buffer):
    """The payload of the next frame with data, taken off buffer."""
    while True:
        read(connection, buffer, 2)
        operation, size, start = buffer[0] & 15, buffer[1] & 127, 2
        if size == 126:
            read(connection, buffer, 4)
            size, start = struct.unpack(">H", buffer[2:4])[0], 4
        elif size == 127:
            read(connection, buffer, 10)
            size, start = struct.unpack(">Q", buffer[2:10])[0], 10
        read(connection, buffer, start + size)
        payload = bytes(buffer[start : start + size])
        del buffer[: start + size]
        if operation == 8:
            raise ValueError(f"the proxy closed the web socket: {payload[2:].decode(errors='replace') or 'no reason given'}")
        if operation in (0, 1, 2):
            return payload


def link(connection, buffer):
    """The SPICE link message and its answer: (major, minor) of the server."""
    body = struct.pack("<IBBIII", 0, MAIN_CHANNEL, 0, 1, 0, 18) + struct.pack("<I", CAPABILITIES)
    send(connection, SPICE_MAGIC + struct.pack("<III", 2, 2, len(body)) + body)
    answer = b""
    while len(answer) < 20:
        answer += receive(connection, buffer)
    major, minor, _, error = struct.unpack("<IIII", answer[4:20])
    if answer[:4] != SPICE_MAGIC:
        raise ValueError(f"not a SPICE server: {answer[:20]!r}")
    if error != 0:
        raise ValueError(f"the SPICE server refuses with error {error}")
    return major, minor


def main(address, origin=None):
    url = urllib.parse.urlsplit(address)
    with connect(url) as connection:
        buffer = upgrade(connection, url, origin or f"{url.scheme}://{url.netloc}")
        major, minor = link(connection, buffer)
    print(f"REDQ {major}.{minor}")


if len(sys.argv) not in (2, 3):
    sys.exit(__doc__)
try:
    main(*sys.argv[1:])
except (OSError, ValueError) as problem:
    sys.exit(f"probe.py: {problem}")
