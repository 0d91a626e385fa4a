"""Somebody's change that waits for a restart: our restart would bring it into force, at a time that nobody chose.

What a service has read is what stood there when it started; what is newer waits. Our own writes are no one else's change: the
ledger tells them.
"""

import fnmatch
from typing import List, Mapping, Optional, Sequence, Tuple

from ..changes.kind import Planned
from ..context import Context
from ..errors import Refused
from ..packages.packages import Packages, moment
from ..services.program import ServiceProgram
from ..services.units import Units
from ..state.ledger import Ledger
from ..state.paths import NOVA_CONF
from ..text import in_a_row

# What a unit reads of the kinds of change, by the role whose unit is restarted for them.
_RESTARTING: Mapping[str, Tuple[str, ...]] = {"compute": ("option", "obsolete-option"), "controller": ("option", "file", "pem")}


def check_pending(
    context: Context,
    units: Units,
    program: ServiceProgram,
    packages: Packages,
    ledger: Ledger,
    plan: Sequence[Planned],
    planned: Optional[bytes],
) -> None:
    """Refuses where the plan restarts a service that has not read everything yet. Raises Refused, CannotTell.

    :param planned: nova.conf as the plan makes it; None where it stays
    """
    if context.desired.accept_pending_changes:
        return
    for unit in units_the_plan_restarts(context, units, plan):
        started = units.started_at(unit)
        if started is None:
            continue
        news = packages.packages_since(unit, started)
        if news:
            raise Refused("pending-packages", unit=unit, since=moment(started), news=in_a_row(news))
        news = files_since(context, units, program, ledger, unit, started, planned)
        if news:
            raise Refused("pending-files", unit=unit, since=moment(started), news=in_a_row(news))


def units_the_plan_restarts(context: Context, units: Units, plan: Sequence[Planned]) -> Tuple[str, ...]:
    """Those that run, and read what the plan changes. Raises CannotTell."""
    kinds = _RESTARTING.get(context.role, ())
    if not any(planned.entry.kind in kinds for planned in plan):
        return ()
    unit = context.platform.compute_unit if context.role == "compute" else context.platform.spice_unit
    return (unit,) if units.is_active(unit) else ()


def files_since(
    context: Context,
    units: Units,
    program: ServiceProgram,
    ledger: Ledger,
    unit: str,
    seconds: int,
    planned: Optional[bytes],
) -> List[str]:
    """Files that a unit reads at its start and that someone else changed after that, as `FILE (TIME)`. Raises CannotTell."""
    files = context.system.files
    real_conf = files.real_path(NOVA_CONF)
    news: List[str] = []
    for path in files_read_by(context, units, program, unit):
        if not files.exists(path):
            continue
        real = files.real_path(path)
        changed = ledger.changed_by_others(real, planned if real == real_conf else None)
        if changed > seconds:
            news.append("%s (%s%s)" % (path, moment(changed), future(changed, context.system.clock.now())))
    return news


def future(seconds: float, now: float) -> str:
    """What is said beside a time that is still to come: no restart is ever later than that."""
    return ", which is to come: the clock was wrong when it was set. 'touch' it, then restart the service" if seconds > now else ""


def files_read_by(context: Context, units: Units, program: ServiceProgram, unit: str) -> List[str]:
    """A unit's configuration files and folders, and what systemd and Debian's scripts read for it, sorted. Raises CannotTell."""
    name = program.name(unit)
    arguments = program.arguments(unit)
    paths = [NOVA_CONF, "/etc/nova/nova.conf.d", "/etc/nova/%s.conf.d" % name]
    paths += [word.split("=", 1)[1] if word.startswith("--config-") and "=" in word else word for word in arguments]
    paths = [path for path in paths if path.startswith("/")]
    paths += [inner for folder in paths for inner in _inside(context, folder)]
    # Only where no file is named does oslo.config look for this one.
    if not any(word.startswith("--config-file") for word in arguments):
        paths.append("/etc/nova/%s.conf" % name)
    paths += ["/etc/default/" + unit, "/etc/default/openstack"]
    if unit != context.platform.compute_unit and context.platform.proxy_type_file:
        paths.append(context.platform.proxy_type_file)
    paths += units.files(unit)
    return sorted(set(paths), key=lambda path: path.encode("utf-8", "surrogateescape"))


def _inside(context: Context, path: str) -> List[str]:
    """What is read in a configuration folder."""
    if not context.system.files.is_folder(path):
        return []
    names = context.system.files.names_if_there(path)
    return [path + "/" + name for name in names if fnmatch.fnmatchcase(name, "*.conf")]
