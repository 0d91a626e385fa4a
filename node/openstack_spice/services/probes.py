"""Programs that run under the interpreter that Nova's own commands have, as the service's user, and say what the service reads.

What a probe says is data: it is bounded and checked, it can stop a run, and it never makes root open, write, run or open a port.
"""

import os
import pwd
from typing import Dict, List, Optional, Sequence

from ..context import Context
from ..errors import Refused
from ..nova.nova import Nova
from ..system.commands import Result
from ..system.own import own_text
from ..text import to_bytes
from .answers import Answer, Answers
from .program import ServiceProgram
from .units import Units

MISSING = "no-oslo"  # what the probe says where the interpreter has no oslo.config


class Probes:
    """Runs probes, the files of the folder probes/. They inherit nothing of ours: neither a folder of the user's own packages, nor a
    variable but those that oslo.config reads. Asks once for all that a run needs of a unit, and keeps the answer (:mod:`answers`)."""

    def __init__(self, context: Context, units: Units, program: ServiceProgram, nova: Nova) -> None:
        self._context = context
        self._units = units
        self._program = program
        self._nova = nova
        self._sources: Dict[str, str] = {}
        self._answers = Answers(context, units, program, nova, self._ask)
        nova.answered_by(self.option)

    def run(self, name: str, unit: str, arguments: Sequence[str], stdin: bytes = b"", planned: Optional[bytes] = None) -> Result:
        """Runs `probes/NAME.py` for a unit's service.

        :param planned: nova.conf as it would be; the probe gets the path of a copy as its first argument then, before the others
        Raises Refused where the unit's user is not known, or is root while others can change what is read; CannotTell; Failed where
        the copy cannot be written.
        """
        user = self._program.user(unit)
        if planned is None:
            return self._run(name, unit, user, arguments, stdin, ())
        owner = pwd.getpwnam(user).pw_uid
        with self._context.system.files.unlinked(self._context.work.path, planned, owner) as descriptor:
            return self._run(name, unit, user, ["/dev/fd/%d" % descriptor] + list(arguments), stdin, (descriptor,))

    def option(self, unit: str, section: str, option: str) -> Optional[str]:
        """The value that a unit's service reads; "" where none is set; None where oslo.config is not there yet. Raises Refused where the
        service's files cannot be read, CannotTell."""
        if self._units.is_absent(unit):
            return None
        answer = self._answers.answer(unit, section, option)
        if answer.error == MISSING or (answer.error and self._context.verb == "revert"):
            return None
        if answer.error:
            raise Refused("oslo-cannot-read", unit=unit, reason=answer.error)
        return answer.values.get(section + "/" + option, "")

    def queue_ports(self, unit: str) -> Answer:
        """An answer that has the TCP ports of the unit's message queue. Raises Refused, CannotTell."""
        return self._answers.answer(unit)

    def in_force(self, unit: str, planned: Optional[bytes] = None) -> Answer:
        """An answer that has the declared options which the service would not read as declared. Raises Refused, CannotTell."""
        return self._answers.of_declared(unit, planned)

    def release(self) -> int:
        """Nova's release, 13 and later. Raises CannotTell."""
        return self._nova.major()

    def keep(self) -> None:
        """Writes what was answered, for later runs; to be called where the role has its folder."""
        self._answers.keep()

    def source(self, name: str) -> str:
        """The text of a probe."""
        if name not in self._sources:
            self._sources[name] = own_text("probes/%s.py" % name)
        return self._sources[name]

    def _ask(self, unit: str, request: bytes, planned: Optional[bytes]) -> Result:
        return self.run("options", unit, [], request, planned)

    def _run(self, name: str, unit: str, user: str, arguments: Sequence[str], stdin: bytes, inherited: Sequence[int]) -> Result:
        python = self._nova.python()
        argv = [python] + isolation(python) + ["-W", "ignore", "-c", self.source(name)] + [for_system(word) for word in arguments]
        return self._context.system.commands.run(
            argv,
            seconds=self._context.limits.probe_wait,
            stdin=stdin,
            environment=self._environment(unit),
            user=user,
            pass_fds=inherited,
        )

    def _environment(self, unit: str) -> Dict[str, str]:
        """The OS_ variables; and HOME where oslo.config looks for files below it, which it does where none is named."""
        variables = self._program.environment(unit)
        if any(word.startswith("--config-file") for word in self._program.arguments(unit)):
            variables.pop("HOME", None)
        return {name: for_system(value) for name, value in variables.items()}


def isolation(python: str) -> List[str]:
    """What keeps an interpreter from its user's packages and variables. Python 2 has no `-I`, and the folder that `-c` adds is `/`."""
    return ["-I"] if "python3" in os.path.basename(python) else ["-E", "-s"]


def for_system(word: str) -> str:
    """A word that came as bytes, for a command that is to get the same bytes whatever the locale is."""
    return os.fsdecode(to_bytes(word))
