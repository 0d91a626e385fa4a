"""What boot files load, and the proof of their edits: a program of our own (firewall_oracle/proof.py) loads them where nothing of the
node is touched. Asked once for the same files."""

import base64
import hashlib
import json
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..context import Context
from ..firewall_oracle.oracle import Answer, Question, answer_of, program_of
from ..nova_conf.ini import Edit
from ..system.own import own_folder
from .kernel import reason_of
from .lines import NotPlaced

PROGRAM = program_of("proof")

Content = Callable[[str], bytes]
Rules = Sequence[Tuple[str, str]]  # of each its chain, and the rule as the tool takes it


class BootFiles(NamedTuple):
    """Files that a boot loads together.

    :param tool: `nft`, or an iptables, by its name
    :param roots: the files that are named to it, in their order
    :param all: these, and what they include
    """

    tool: str
    roots: Sequence[str]
    all: Sequence[str]


class Place(NamedTuple):
    """Where in a chain a rule of ours belongs."""

    before: Optional[int]  # the index of the rule before which it does; None for the end
    number: int  # of the chain's rules


class Proven(NamedTuple):
    """A proof: the new files load what the former ones load, and our rules.

    :ivar listing: of what they load
    :ivar indexes: of each added rule, in its chain
    :ivar answers: to the questions
    """

    listing: str
    indexes: Tuple[int, ...]
    answers: Tuple[Answer, ...]


class NotProven(Exception):
    """There is no such proof.

    :param reason: one line, for people
    :param loads: whether the files load at all
    """

    def __init__(self, reason: str, loads: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.loads = loads


class BootProof:
    """Asks the program."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._answers: Dict[str, Mapping[str, Any]] = {}
        self._edits: Dict[Tuple[str, str], Edit] = {}  # by the files' digest, and by the rule
        self._places: Dict[str, Dict[str, Place]] = {}  # by the files' digest, and by the chain

    def listing(self, files: BootFiles, content: Content) -> str:
        """What the files load: as `nft -a list ruleset` has it, or the filter table as iptables-save has it. Raises NotPlaced.

        :param content: gives the bytes of a file, as it will be
        """
        answer = self._ask(self._request(files, content))
        if "listing" not in answer:
            raise NotPlaced(str(answer.get("reason")))
        return str(answer["listing"])

    def prove(
        self, files: BootFiles, former: Content, new: Content, added: Rules, removed: Rules, questions: Sequence[Question] = ()
    ) -> Proven:
        """Proves an edit. Raises NotProven.

        :param added: rules of ours
        :param removed: those that go
        :param questions: who would get in, were the new files all that is loaded
        """
        texts = _texts(files, self._context.system.files.read, new)
        request = dict(self._request(files, former), new=texts, added=list(added), removed=list(removed))
        request["questions"] = [one.as_asked() for one in questions]
        answer = self._ask(request)
        if "indexes" not in answer:
            raise NotProven(str(answer.get("reason")), not answer.get("does not load", True))
        answers = tuple(answer_of(one) for one in answer["answers"])
        return Proven(str(answer["listing"]), tuple(answer["indexes"]), answers)

    def edited(self, files: BootFiles, content: Content, rule: str, make: Callable[[], Edit]) -> Edit:
        """An edit that puts a rule in, made once: the plan makes those that the run makes again. Raises what `make` raises."""
        key = (_digest(files, content), rule)
        if key not in self._edits:
            self._edits[key] = make()
        return self._edits[key]

    def place(self, files: BootFiles, content: Content, chain: str, decide: Callable[[str], Place]) -> Place:
        """Where in a chain that the files load a rule of ours belongs. Raises NotPlaced.

        :param decide: tells it by the listing
        """
        known = self._places.setdefault(_digest(files, content), {})
        if chain not in known:
            known[chain] = decide(self.listing(files, content))
        return known[chain]

    def moved(self, files: BootFiles, content: Content, new: Content, chain: str) -> None:
        """The places are known of the files with a rule of ours at the chain's place too: it refuses nothing, so the next one belongs
        behind it."""
        known = dict(self._places.get(_digest(files, content), {}))
        if chain in known:
            place = known[chain]
            known[chain] = Place(None if place.before is None else place.before + 1, place.number + 1)
            self._places[_digest(files, new)] = known

    def _request(self, files: BootFiles, content: Content) -> Dict[str, Any]:
        return {
            "tool": files.tool,
            "roots": list(files.roots),
            "former": _texts(files, self._context.system.files.read, content),
            "everything": [_word(content(path)) for path in files.all],
        }

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        text = json.dumps(request, sort_keys=True).encode("ascii")
        key = hashlib.sha256(text).hexdigest()
        if key not in self._answers:
            result = self._context.system.commands.run(PROGRAM + (own_folder(),), self._context.limits.probe_wait, stdin=text)
            try:
                self._answers[key] = dict(json.loads(result.out.decode("utf-8")))
            except ValueError:
                reason = "its answer cannot be read" if result.ok else reason_of(result)
                self._answers[key] = {"reason": "the program that loads it apart failed: " + reason}
        return self._answers[key]


def _digest(files: BootFiles, content: Content) -> str:
    whole = hashlib.sha256()
    for path in files.all:
        data = content(path)
        whole.update(b"%d " % len(data) + data)
    return whole.hexdigest()


def _texts(files: BootFiles, lying: Content, content: Content) -> Dict[str, str]:
    """Of the files those that differ from what lies there."""
    return {path: _word(content(path)) for path in files.all if content(path) != lying(path)}


def _word(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
