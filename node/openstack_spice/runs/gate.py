"""The gate: everything that can be known to go wrong is found here, before the first write."""

from typing import Optional, Tuple

from ..changes.options import with_merged_origins
from ..checks.conf_text import check_text
from ..checks.managers import check_managers
from ..checks.space import check_space
from ..document.desired import fitted_to_release
from ..errors import CannotTell, Refused
from ..parts import Parts
from ..roles.choice import role_of
from ..roles.role import Role
from ..state.paths import LAUNCHER, NOVA_CONF, ROLES
from ..state.programs import launcher_is_foreign
from .session import Session
from .tools import check_tools


def run_checks(session: Session) -> Tuple[Parts, Role]:
    """Refuses with one message, or gives what the run goes on with. Raises Refused, CannotTell."""
    check_tools(session.system)
    platform = session.detected_platform()
    session.read_record()
    parts = Parts(session.context(platform))
    _read_nova_conf(session)
    check_managers(parts.context, parts.units)
    _check_owner(session)
    _check_launcher(session)
    _check_nova(session, parts)
    # Options are called as this Nova calls them from here on.
    read = session.desired
    session.desired = fitted_to_release(read, parts.nova.major())
    session.desired = with_merged_origins(session.context(platform))
    if session.desired != read:
        parts = Parts(session.context(platform))
    check_space(parts.context)
    role = role_of(parts)
    role.check()
    return parts, role


def _check_owner(session: Session) -> None:
    """Two stacks that converge one role of a node would undo each other."""
    owner = session.record.owner if session.record is not None else ""
    allowed = ("", session.desired.owner, session.desired.former_owner)
    if owner not in allowed:
        raise Refused("stack-other", owner=owner, role=session.role, this=session.desired.owner)


def _check_launcher(session: Session) -> None:
    """Nobody else's file is where the node's own command is to be. Where something is recorded it is ours, damaged."""
    files = session.system.files
    if not files.names_if_there(ROLES) and launcher_is_foreign(files):
        raise Refused("launcher-foreign", file=LAUNCHER)


def _check_nova(session: Session, parts: Parts) -> None:
    """nova.conf is there, and the installed release is the asserted one."""
    version = parts.nova.version()
    if not version:
        raise Refused("nova-missing", package=parts.context.platform.nova_package)
    conf = _read_nova_conf(session)
    if conf is None:
        raise Refused("nova-conf-missing", file=NOVA_CONF)
    if not conf:
        raise Refused("nova-conf-unreadable", file=NOVA_CONF)
    if "python3" in parts.nova.python():
        check_text(conf)
    asserted = session.desired.release
    if asserted is not None and parts.nova.major() != asserted:
        raise Refused("release-other", asserted=asserted, version=version)


def _read_nova_conf(session: Session) -> Optional[bytes]:
    """nova.conf's bytes; None where it is not there. What asks for them first says best that they cannot be had. Raises Refused."""
    try:
        return session.system.files.read_if_there(NOVA_CONF)
    except CannotTell:
        raise Refused("nova-conf-unreadable", file=NOVA_CONF)
