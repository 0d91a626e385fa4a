"""A node and who connects to it, in network name spaces of their own; and what the oracle says against what a real connection shows.

Run as a program it takes a share of the cases, `PLACE OF`, and prints one line of JSON for each.
"""

import contextlib
import errno
import functools
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import NamedTuple, Tuple

from openstack_spice.firewall_oracle.errors import CannotTell
from openstack_spice.firewall_oracle.namespaces import enter, inside, isolated, new_network, this_network, tool
from openstack_spice.firewall_oracle.oracle import Oracle, Question
from openstack_spice.system.commands import Commands
from openstack_spice.system.interruption import Interruption

PORT = 6082
NODE, NODE_SECOND, NODE_V6 = "198.18.0.10", "198.19.0.10", "2001:db8:1::10"
FAR, FAR_V6, NEAR = "198.18.113.77", "2001:db8:2::77", "198.18.0.50"  # beyond the gateway; on the link
# An ICMPv6 error reaches who connects when the first packet is sent again, after a second.
SILENCE = 1.25


class Case(NamedTuple):
    """What filters, who asks, and what the oracle is to say."""

    name: str
    says: str  # `in`; `refused: TEXT` or `partly: TEXT`, with a part of the rule; `cannot tell: TEXT`, with a part of the reason
    nft: str = ""
    iptables: str = ""  # of nftables; the filter table's rules, or all tables as iptables-save has them
    ip6tables: str = ""
    legacy: str = ""
    legacy6: str = ""
    ipset: str = ""
    before: Tuple[str, ...] = ()  # commands of the node
    after: Tuple[str, ...] = ()
    source: str = FAR
    destination: str = NODE
    probes: Tuple[str, ...] = ()  # addresses that really connect; the source's own where it is one
    two_devices: bool = False
    arrives_at: str = "eth0"  # where packets from beyond the gateway come
    bridge: bool = False
    listens: Tuple[int, ...] = ()
    owner: bool = False  # whether a process owns the table
    ports: Tuple[int, int] = (PORT, PORT)
    asks_first: bool = False  # before anybody connects


class Seen(NamedTuple):
    """What became of a case."""

    name: str
    let_in: Tuple[Tuple[str, int, bool], ...]  # address, port, whether the real connection was let in
    kind: str
    reason: str
    is_partly_in: bool
    seconds: float


def run(*lines):
    """Commands of `ip`, each a line."""
    output = tool(["ip", "-batch", "-"], "".join(line + "\n" for line in lines).encode())
    assert output.status == 0, output


def shell(line):
    """A command in the name space that this process is in."""
    output = tool(["sh", "-c", line])
    assert output.status == 0, (line, output)


def build(case):
    """The two name spaces; this process is in the node's. Gives a descriptor of the other."""
    node = this_network()
    outside = new_network()
    quiet = "for i in all default; do for k in accept_dad dad_transmits; do echo 0 >/proc/sys/net/ipv6/conf/$i/$k; done; done;"
    quiet += "for i in all default; do echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter; done;"
    shell(quiet + "echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce")
    run("link set lo up")
    device = "br-ex" if case.bridge else "eth0"
    with inside(node):
        shell(quiet)
        lines = ["link set lo up"]
        for number, name in ((2, "eth0"), (3, "eth1"))[: 2 if case.two_devices else 1]:
            pair = "link add %s index %d address 02:00:00:00:01:0%d type veth peer name p%s address 02:00:00:00:00:0%d netns /proc/%d/fd/%d"
            lines += [pair % (name, number + 20, number, name, number, os.getpid(), outside), "link set %s up" % name]
        if case.bridge:
            lines += ["link add br-ex address 02:00:00:00:01:02 type bridge", "link set eth0 master br-ex", "link set br-ex up"]
        run(*lines)
    run(
        "link set peth0 up",
        "addr add 198.18.0.1/24 dev peth0",
        "addr add %s/32 dev peth0" % NEAR,
        "addr add 2001:db8:1::1/64 dev peth0 nodad",
    )
    run("route add local 198.18.113.0/24 dev lo", *["addr add 2001:db8:2::%s/64 dev lo nodad" % end for end in ("76", "77", "1:0")])
    if case.two_devices:
        run("link set peth1 up", "addr add 198.19.0.1/24 dev peth1")
    with inside(node):
        run("addr add %s/24 dev %s" % (NODE, device), "addr add %s/64 dev %s nodad" % (NODE_V6, device))
        run("route add default via 198.18.0.1", "route add default via 2001:db8:1::1")
        if case.two_devices:
            run("addr add %s/24 dev eth1" % NODE_SECOND)
    if case.arrives_at == "eth1" and case.destination == NODE:
        run("route add %s via %s dev peth1" % (NODE, NODE_SECOND))
    enter(node)
    return outside


def saved(text):
    """What iptables-restore takes: rules alone are those of the table filter."""
    if not text or text.startswith("*"):
        return text
    return "*filter\n" + text.strip("\n") + "\nCOMMIT\n"


def load(case):
    """Loads what filters."""
    for line in case.before:
        shell(line)
    texts = [(("ipset", "restore"), case.ipset)]
    if not case.owner:
        texts.append((("nft", "-f", "-"), re.sub(r"\} *\}", "}\n}", case.nft)))  # nft before 1.0.7 asks for a line's end there
    texts += [
        (("iptables-nft-restore",), saved(case.iptables)),
        (("ip6tables-nft-restore",), saved(case.ip6tables)),
        (("iptables-legacy-restore",), saved(case.legacy)),
        (("ip6tables-legacy-restore",), saved(case.legacy6)),
    ]
    for argv, text in texts:
        if text:
            output = tool(argv, text.encode())
            assert output.status == 0, (case.name, argv, output)
    for line in case.after:
        shell(line)


def owned(case):
    """A process that owns a table."""
    process = subprocess.Popen(["nft", "-i"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.stdin.write((" ".join(case.nft.split()) + "\n").encode())
    process.stdin.flush()
    while b"owner" not in tool(["nft", "list", "tables"]).out + tool(["nft", "list", "ruleset"]).out:
        time.sleep(0.01)
    return process


def connects(case, outside, pipe):
    """Real connections, in a process of its own: who gets the byte that a listener sends."""
    probes = case.probes or (case.source,)
    ports = sorted(set(case.ports))
    listeners = []
    for port in ports + list(case.listens):
        for family, every in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            one = socket.socket(family, socket.SOCK_STREAM)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((every, port))
            one.listen(200)
            one.setblocking(False)
            listeners.append(one)
    tries = {}
    own = case.source == case.destination
    with contextlib.ExitStack() as stack:
        if not own:
            stack.enter_context(inside(outside))
        for address in probes:
            for port in ports:
                one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.setblocking(False)
                one.bind((address, 0))
                assert one.connect_ex((case.destination, port)) in (0, errno.EINPROGRESS)
                tries[one] = (address, port)
    found, deadline, accepted = {}, time.monotonic() + SILENCE, []
    while len(found) < len(tries) and time.monotonic() < deadline:
        waiting = [one for one in tries if one not in found]
        ready, _, _ = select.select(waiting + listeners, [], [], 0.1)
        for one in ready:
            if one in listeners:
                accepted.append(one.accept()[0])
                accepted[-1].send(b"y")
            else:
                try:
                    found[one] = one.recv(1) == b"y"
                except OSError:
                    found[one] = False
    os.write(pipe, json.dumps([[address, port, found.get(one, False)] for one, (address, port) in tries.items()]).encode())


def asked(case):
    """The oracle's answer, and how long it took."""
    started = time.monotonic()
    width = "" if "/" in case.source else "/128" if ":" in case.source else "/32"
    question = Question(case.source + width, case.destination, case.ports[0], case.ports[1])
    answer = Oracle(Commands(Interruption())).ask([question])[0]
    return answer, time.monotonic() - started


def seen(case):
    """Both, of one case; in a process whose network is empty."""
    outside = build(case)
    load(case)
    owner = owned(case) if case.owner else None
    if case.asks_first:
        answer, seconds = asked(case)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            connects(case, outside, writing)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            raise
        finally:
            os._exit(0)
    os.close(writing)
    if not case.asks_first:
        answer, seconds = asked(case)
    with os.fdopen(reading, "rb") as file:
        let_in = json.loads(file.read().decode() or "null")
    os.waitpid(child, 0)
    if owner is not None:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    return json.dumps(Seen(case.name, let_in, answer.kind, answer.reason, answer.is_partly_in, seconds)).encode()


def main(place, of):
    """A share of the cases."""
    from firewall_cases import chosen

    for case in chosen()[place::of]:
        try:
            print(isolated(functools.partial(seen, case), 90).decode(), flush=True)
        except CannotTell as error:  # the trace is on standard error
            print(json.dumps([case.name, [], "broken", error.construct, False, 0]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
