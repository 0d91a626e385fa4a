"""Who asks: starts the program (:mod:`program`) as a child process, and takes no rubbish for an answer."""

import json
import sys
from typing import Dict, List, NamedTuple, Sequence, Tuple

from ..system.commands import Commands, Result
from ..system.own import own_folder

LET_IN, REFUSED, CANNOT_TELL = "let-in", "refused", "cannot-tell"
MEMORY = 512 << 20  # bytes of address space that the program and what it starts can have, each
LARGEST_ANSWER = 1 << 20  # bytes
_LONGEST_REASON = 600


def program_of(module: str) -> Tuple[str, ...]:
    """How one of this package's programs is started, the program's own folder behind it. It inherits nothing, and writes nothing where it
    lies.

    :param module: of this package, with a function `main`
    """
    start = "import sys; sys.path.insert(0, sys.argv[1]); from openstack_spice.firewall_oracle.%s import main; main()" % module
    return (sys.executable, "-I", "-B", "-c", start)


class Question(NamedTuple):
    """Would a connection be let in?"""

    source: str  # a CIDR
    destination: str  # an address of this node; nothing: the one that it answers the source by
    first_port: int
    last_port: int
    may_be_elsewhere: bool = False  # whether a destination that the node does not have, such as a virtual one, is as nothing

    def as_asked(self) -> Dict[str, object]:
        """As the programs read it."""
        return {
            "source": self.source,
            "destination": self.destination,
            "ports": [self.first_port, self.last_port],
            "may_be_elsewhere": self.may_be_elsewhere,
        }


class Step(NamedTuple):
    """What changes the rules in the copy, before the question: a tool, such as `("nft", "-f", "-")`, and what it reads."""

    tool: Tuple[str, ...]
    stdin: str = ""


class Answer(NamedTuple):
    """What is known. Never a guess: what the copy cannot show is CANNOT_TELL."""

    kind: str  # LET_IN, REFUSED or CANNOT_TELL
    reason: str = ""  # the rule that refuses, with its chain and table; or the construct that makes an answer impossible
    is_partly_in: bool = False  # of REFUSED: other addresses of the source, or other ports, are let in
    on_route: str = ""  # of CANNOT_TELL: what is true as long as packets come by the device that the node answers by
    left_out: int = 0  # addresses and ports that the rules name within the question, and that were not tried: they are too many


class Oracle:
    """Asks the kernel, on a copy of this node's filter, who gets in. Nothing on the node is changed, but that the kernel's module `veth`
    is loaded where that is allowed. A question takes 0.2 to 2 s; with 3,000 rules and 300 devices 0.4 s of a processor and 66 MB.

    :param commands: starts the program
    :param seconds: for all questions of one call
    """

    def __init__(self, commands: Commands, seconds: float = 60) -> None:
        self._commands = commands
        self._seconds = seconds

    def ask(self, questions: Sequence[Question], steps: Sequence[Step] = (), from_nothing: bool = False) -> List[Answer]:
        """An answer to each question, in their order. Starts no process where there is no question.

        :param steps: change the rules first, in the copy alone
        :param from_nothing: whether the steps begin with no rules at all, as a boot does, and not with those that run
        """
        if not questions:
            return []
        request = {
            "questions": [one.as_asked() for one in questions],
            "from": "empty" if from_nothing else "running",
            "steps": [{"tool": list(one.tool), "stdin": one.stdin} for one in steps],
            "seconds": self._seconds,
            "memory": MEMORY,
        }
        result = self._commands.run(
            [*program_of("program"), own_folder()],
            seconds=self._seconds + 5,
            stdin=json.dumps(request).encode(),
            most=LARGEST_ANSWER,
            grace=1,
        )
        try:
            return answers(result, len(questions))
        except ValueError as error:
            return [Answer(CANNOT_TELL, str(error))] * len(questions)


def answers(result: Result, number: int) -> List[Answer]:
    """The answers in what the program wrote. Raises ValueError with the reason where those are not answers.

    :param number: of questions
    """
    if not result.ok:
        lines = result.err.decode("utf-8", "replace").strip().splitlines()
        what = "it took too long" if result.timed_out else lines[-1] if lines else "exit status %d" % result.status
        raise ValueError("the program that asks the kernel failed: " + what[:_LONGEST_REASON])
    try:
        found = json.loads(result.out.decode("utf-8"))
        if not isinstance(found, list) or len(found) != number:
            raise ValueError()
        return [answer_of(one) for one in found]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("the program that asks the kernel gave no answer that can be read")


def answer_of(given: object) -> Answer:
    """An answer whose every member is what it must be. Raises ValueError, KeyError."""
    if not isinstance(given, dict):
        raise ValueError()
    answer = Answer(given["kind"], given["reason"], given["is_partly_in"], given["on_route"], given["left_out"])
    kinds = (LET_IN, REFUSED, CANNOT_TELL)
    fits = answer.kind in kinds and answer.on_route in kinds[:2] + ("",) and isinstance(answer.reason, str)
    if not fits or not isinstance(answer.is_partly_in, bool) or not isinstance(answer.left_out, int):
        raise ValueError()
    return answer._replace(reason=" ".join(answer.reason.split())[:_LONGEST_REASON])
