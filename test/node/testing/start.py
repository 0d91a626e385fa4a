"""Starts the program with what its plan asks for."""

import importlib
import sys
from typing import Any, Callable, Dict, List, Set, Tuple

from ..limits import Limits
from ..state.paths import ROLE_NAMES, unfinished_file
from .actions import Actions, variables_of
from .announcing import announcer
from .numbering import LIST, Durability, FaultyCommands, FaultyFiles, Numbering
from .plan import At, Plan, own_plan
from .points import PARTS, POINTS
from .wrapping import NotThere, wrap

WRONG_PLAN = 99  # exit status where the program has not what the plan names


def start(argv: List[str], digest: str, descriptor: int) -> int:
    """Runs the program; its exit status, or WRONG_PLAN."""
    shipped: Any = importlib.import_module("openstack_spice.shipped_main")
    # The program imports these only when it needs them; a class that is not there yet cannot be wrapped.
    for name in ("work", "watchdog", "detach", "detached"):
        importlib.import_module("openstack_spice.runs." + name)
    interruption = shipped.prepare()
    environment: Dict[str, str] = {}
    try:
        plan = own_plan()
        verb = verb_of(argv)
        numbering = numbering_of(plan, verb)
        limits = Limits()._replace(**plan.limits)  # type: ignore[arg-type]
        for part in plan.without:
            wrap(PARTS[part], lambda call, arguments: None)
        durability = durability_of(plan)
        Points(plan.at if verb else [], verb, Actions(verb, interruption, environment)).install()
    except (KeyError, NotThere, TypeError, ValueError) as error:
        sys.stderr.write("the test build: the program has no %s\n" % error)
        return WRONG_PLAN
    # What the program's own way in takes from its modules, it takes from here.
    shipped.prepare = lambda: interruption
    shipped.Files = lambda given: FaultyFiles(given, numbering, durability=durability)
    shipped.Commands = lambda given: FaultyCommands(given, numbering, environment)
    shipped.Limits = lambda: limits
    # What the bootstrap and start.py renamed came before any code of the test build.
    durability.announce("start", " ".join(argv))
    return int(shipped.run(argv, digest, descriptor))


def verb_of(argv: List[str]) -> str:
    """What the run of this process does: converge or revert; empty where the process makes no run of its own, as a caller's."""
    if "--run" in argv:
        return next((word for word in argv if word in ("converge", "revert")), "")
    if "watchdog" in argv:
        return _verb_of_unfinished(next((word for word in argv if word in ROLE_NAMES), ROLE_NAMES[0]))
    return "check" if "check" in argv else ""


def _verb_of_unfinished(role: str) -> str:
    """What a killed run was at."""
    try:
        with open(unfinished_file(role), "rb") as file:
            return "revert" if b"revert" in file.read() else "converge"
    except OSError:
        return ""


def numbering_of(plan: Plan, verb: str) -> Numbering:
    """The count of a run's operations; it counts for nothing in other processes."""
    asked = plan.numbered
    if asked is None or verb not in (["converge", "revert"] if asked.verb == "both" else [asked.verb]):
        return Numbering()
    return Numbering(asked.number, asked.fault, LIST if asked.number == 0 else None)


def durability_of(plan: Plan) -> Durability:
    """What becomes durable of what this process writes. Raises KeyError where the plan has another word."""
    if plan.synced not in ("", "nothing", "folders"):
        raise KeyError(plan.synced)
    return Durability(plan.synced, announcer(plan.announce_names)) if plan.announce_names else Durability(plan.synced)


class Points:
    """The points of a plan."""

    def __init__(self, at: List[At], verb: str, actions: Actions) -> None:
        self._at = at
        self._verb = verb
        self._actions = actions
        self._inside: Set[str] = set()

    def install(self) -> None:
        """Puts them around the program's functions. Raises KeyError, NotThere."""
        # What others are inside of goes outermost.
        for name in sorted({POINTS[one.point].inside for one in self._at if POINTS[one.point].inside}):
            wrap(POINTS[name].name, self._marked(name))
        for one in self._at:
            if one.when not in ("before", "after", "during") or not self._actions.knows(one.then):
                raise KeyError("%s %s" % (one.when, one.then))
            wrap(POINTS[one.point].name, self._around(one))

    def _marked(self, name: str) -> Callable[[Callable[[], Any], Tuple[Any, ...]], Any]:
        def around(call: Callable[[], Any], arguments: Tuple[Any, ...]) -> Any:
            self._inside.add(name)
            try:
                return call()
            finally:
                self._inside.discard(name)

        return around

    def _around(self, one: At) -> Callable[[Callable[[], Any], Tuple[Any, ...]], Any]:
        point = POINTS[one.point]
        calls: List[int] = []

        def is_due(arguments: Tuple[Any, ...]) -> bool:
            if not point.accepts(arguments) or (point.inside and point.inside not in self._inside):
                return False
            calls.append(1)
            return one.count in (0, len(calls)) and one.verb in ("", self._verb)

        def perform(arguments: Tuple[Any, ...]) -> None:
            self._actions.perform(one.run, one.then, variables_of(point.variables, arguments))

        def around(call: Callable[[], Any], arguments: Tuple[Any, ...]) -> Any:
            if one.when == "after":
                answer = call()
                if is_due(arguments):
                    perform(arguments)
                return answer
            if not is_due(arguments):
                return call()
            if one.when == "before":
                perform(arguments)
                return call()
            over = self._actions.perform_when_dpkg_works(one.run, one.then)
            try:
                return call()
            finally:
                over()

        return around
