"""The program: questions on standard input, answers on standard output, both JSON.

{"questions": [{"source": "198.18.0.0/16", "destination": "192.0.2.10", "ports": [6082, 6082]}],
 "from": "running" or "empty",
 "steps": [{"tool": ["nft", "-f", "-"], "stdin": "..."}],
 "seconds": 60, "memory": 536870912}

`from` and `steps` say what filters: the node's rules or none, changed by tools that run in a copy. The answers come in the order of
the questions. Whatever goes wrong with one is its answer; whatever else goes wrong ends the program, and its caller knows nothing then.
"""

import ipaddress
import json
import os
import sys
import time
from typing import Any, Dict, List, Mapping

from . import node_network, ruleset
from .arrangement import Question
from .copied_network import stand_ins
from .errors import CannotTell
from .modules import is_there
from .namespaces import die_with, isolated, limit_memory, new_network, tool
from .netlink import ROUTE, Netlink
from .node_network import NodeNetwork
from .question import CANNOT_TELL, Answer, ask
from .ruleset import Ruleset
from .sources import outside

# What may run in a copy.
_KINDS = ("tables", "tables-nft", "tables-legacy", "tables-restore", "tables-nft-restore", "tables-legacy-restore")
TOOLS = frozenset(["nft", "ipset"] + [version + kind for version in ("ip", "ip6") for kind in _KINDS])


def main() -> None:
    """Reads, answers, writes."""
    die_with(os.getppid())
    request = json.load(sys.stdin)
    limit_memory(int(request["memory"]))
    answers = answers_to(request)
    json.dump([one._asdict() for one in answers], sys.stdout)


def answers_to(request: Mapping[str, Any]) -> List[Answer]:
    """The answers to a request."""
    questions = request["questions"]
    deadline = time.monotonic() + float(request["seconds"])
    try:
        _demand_veth()
        network = node_network.read()
        given = ruleset.read() if request["from"] == "running" else ruleset.EMPTY
    except CannotTell as error:
        return [Answer(CANNOT_TELL, error.construct)] * len(questions)
    found = []
    for question in questions:
        try:
            with Netlink(ROUTE) as kernel:
                asked = _question(question, network, kernel)
                found.append(_answer(asked, network, given, kernel, request["steps"], deadline - time.monotonic()))
        except CannotTell as error:
            found.append(Answer(CANNOT_TELL, error.construct))
    return found


def answer_with(given: Mapping[str, Any], rules: Ruleset, seconds: float) -> Answer:
    """The answer to one question, were these all the rules that there are."""
    try:
        _demand_veth()
        with Netlink(ROUTE) as kernel:
            network = node_network.read()
            return _answer(_question(given, network, kernel), network, rules, kernel, [], seconds)
    except CannotTell as error:
        return Answer(CANNOT_TELL, error.construct)


def _demand_veth() -> None:
    """A copy would have the kernel load the module. Raises CannotTell."""
    if not is_there("veth"):
        raise CannotTell("the kernel's module veth is not loaded, and a copy needs it")


def _question(given: Mapping[str, Any], network: NodeNetwork, kernel: Netlink) -> Question:
    """A question with its destination. Raises CannotTell.

    :param kernel: for routes, in the node's own name space
    """
    source = ipaddress.ip_network(given["source"], strict=False)
    first, last = (int(port) for port in given["ports"])
    if given["destination"]:
        destination = ipaddress.ip_address(given["destination"])
        if source.version != destination.version:
            raise CannotTell("a source and a destination of two address families")
        if network.is_own(destination) or not given.get("may_be_elsewhere"):
            return Question(source, destination, first, last)
    try:
        own = node_network.answering_address(kernel, outside(source))
    except CannotTell:
        near = node_network.reached(network, source)
        if not near:
            raise
        own = node_network.answering_address(kernel, near[0])
    return Question(source, own, first, last)


def _answer(
    question: Question, network: NodeNetwork, given: Ruleset, kernel: Netlink, steps: List[Dict[str, Any]], seconds: float
) -> Answer:
    def asked() -> bytes:
        rules = given
        if steps:
            rules = changed(network, given, steps)
            new_network()
        return json.dumps(ask(question, network, rules, kernel)).encode()

    return Answer(*json.loads(isolated(asked, max(seconds, 0.1)).decode()))


def changed(network: NodeNetwork, given: Ruleset, steps: List[Dict[str, Any]]) -> Ruleset:
    """Rules as tools change them, in the empty network name space that the process is in; it is not empty afterwards. The tools find
    devices with the names and numbers of the node's. Raises CannotTell where one fails."""
    stand_ins(network)
    ruleset.load(given)
    for step in steps:
        argv = [str(word) for word in step["tool"]]
        if argv[0] not in TOOLS:
            raise CannotTell("%s is no tool for rules" % argv[0])
        output = tool(argv, step.get("stdin", "").encode("utf-8", "surrogateescape"))
        if output.status:
            raise CannotTell("%s: %s" % (" ".join(argv), output.reason))
    return ruleset.read()._replace(others=given.others)
