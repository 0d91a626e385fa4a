"""The named points, each by what it is called in the program: the one place to correct where something is renamed.

`openstack_spice.` before each name goes without saying. A name of a method stands for all its overrides. Where a name is not
there the program ends with 99 before it does anything, or a test would prove nothing.
"""

from typing import Any, Callable, Mapping, NamedTuple, Tuple


class Point(NamedTuple):
    """A point of the program."""

    name: str  # of a function, or of a class and its method
    accepts: Callable[[Tuple[Any, ...]], bool] = lambda arguments: True  # whether a call, by its arguments without `self`, counts
    inside: str = ""  # only calls that another point makes
    variables: Mapping[str, int] = {}  # of shell text: the arguments' indices


def _is_configuration(arguments: Tuple[Any, ...]) -> bool:
    return str(arguments[0]).startswith("/etc/")


def _renames_nova_conf(arguments: Tuple[Any, ...]) -> bool:
    return len(arguments) > 3 and str(arguments[3]).endswith("/nova.conf")


def _is_journal(arguments: Tuple[Any, ...]) -> bool:
    return str(arguments[0]).endswith("/journal")


def _installs(arguments: Tuple[Any, ...]) -> bool:
    words = [str(word) for word in arguments[0]]
    return "install" in words and "-s" not in words and any(word.endswith("apt-get") for word in words)


POINTS: Mapping[str, Point] = {
    # A run, in its order.
    "converge": Point("runs.converge.converge"),
    "checks": Point("runs.gate.run_checks"),
    "check-managers": Point("checks.managers.check_managers"),
    "check-plan": Point("runs.converge.check_plan"),
    "open-journal": Point("runs.converge._open"),
    "write-launcher": Point("runs.keeping.Keeping.write_launcher"),
    "install-packages": Point("system.commands.Commands.run", _installs),
    "verify": Point("roles.role.Role.verify"),
    "verify-page": Point("services.page.Page.verify_page"),
    "record": Point("runs.converge.write_record"),
    "commit": Point("runs.converge._commit"),
    "remove-journal": Point("system.files.Files.remove", _is_journal, inside="commit"),
    "disarm-watchdog": Point("runs.keeping.Keeping.disarm"),
    # A change.
    "change": Point("changes.kind.Kind.apply"),
    "journal": Point("state.journal.Journal.write"),
    "transition": Point("changes.kind.Kind.transition"),
    "replace-file": Point("system.files.Files.replace"),
    "publish-nova-conf": Point("system.files.Files._rename", _renames_nova_conf),
    "create-file": Point("system.files.Files.create", _is_configuration),
    "set-unit": Point("changes.units.UnitKind.set"),
    "bring-up": Point("services.units.Units.bring_up", variables={"UNIT": 1}),
    "close-ports": Point("changes.closed_ports.ClosedPortsKind.set"),
    "ports-unit-text": Point("firewall.closed_ports_text.unit_text", inside="close-ports"),
    # The way back.
    "undo": Point("changes.transaction.Transaction.undo"),
    "remove-packages": Point("packages.apt.Apt.remove"),
}

PARTS: Mapping[str, str] = {
    "watchdog": "runs.keeping.Keeping.arm",
    "layers": "checks.layers.check_layers",
}
