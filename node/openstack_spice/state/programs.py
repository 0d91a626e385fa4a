"""The programs that root keeps: an archive named by its SHA-256, and beside it the folder that it was unpacked to (node/start.py).

Every process of a program shares a lock of its archive for as long as it lives. What no record needs, and nobody runs, goes.
"""

import hashlib
import re
from typing import List, Optional, Set

from ..errors import CannotTell, Failed, Refused
from ..system import Files, System
from ..system.files import Access
from ..system.hold import Hold
from .lock import CALLERS_LOCK, Lock
from .paths import LAUNCHER, LAUNCHER_END, LAUNCHER_MARK, PROGRAMS, ROLES, STATE, program_link

CALLERS_WAIT = 10  # seconds; callers keep their lock for a moment alone
LEFTOVER_AGE = 3600  # seconds, after which a file that was on its way to its place has nobody who will put it there

_PROGRAM = re.compile(r"([0-9a-f]{64})(\.sh)?\Z")
_LEFTOVER = re.compile(r"\.(copy\.[A-Za-z0-9]{6}|[0-9a-f]{64}\.[0-9a-f]{12})\Z")


def program_file(digest: str) -> str:
    """Where a program is kept."""
    return PROGRAMS + "/" + digest + ".sh"


def program_is_whole(files: Files, role: str) -> bool:
    """Whether the program that a role goes back by is there, with the bytes that it is named by. Raises CannotTell."""
    file = files.link(program_link(role))
    data = None if file is None else files.read_if_there(file)
    return data is not None and file == program_file(hashlib.sha256(data).hexdigest())


def launcher_is_foreign(files: Files) -> bool:
    """Whether somebody else's file has the launcher's name: none of this program's, of any version or cut off before its first byte. Raises
    CannotTell."""
    data = files.read_if_there(LAUNCHER)
    return bool(data) and not any(line.startswith(LAUNCHER_MARK) for line in (data or b"").split(b"\n"))


def tidy(system: System, lock: Lock, held: Optional[Hold]) -> None:
    """At the end of a process, whatever it was: where nothing is recorded nothing of this program stays, else its copies that no record
    needs and no process runs go. Not while another run is at work, which does it at its own end. Gives all locks up.

    Whoever ends last finds no lock of the others: each gives up its own before it looks. What cannot be read or removed stays, and is
    no reason for another exit status.

    :param lock: the node's lock, held or not
    :param held: this process's lock of its program
    """
    if held is not None:
        held.release()
    callers = Lock(system.clock, CALLERS_LOCK)
    try:
        if callers.take(CALLERS_WAIT, lambda: None) and lock.try_now():
            _remove_what_nobody_needs(system)
    except (OSError, Failed, Refused, CannotTell):
        pass
    finally:
        lock.release()
        callers.release()


def _remove_what_nobody_needs(system: System) -> None:
    files = system.files
    roles = files.names_if_there(ROLES)
    needed = {(files.link(program_link(role)) or "").rpartition("/")[2][:64] for role in roles}
    names = files.names_if_there(PROGRAMS)
    for digest in sorted(_digests(names) - needed):
        _remove_program(files, digest, names)
    for name in names:
        if _LEFTOVER.match(name) and _age(system, PROGRAMS + "/" + name) > LEFTOVER_AGE:
            files.remove_tree(PROGRAMS + "/" + name)
    if not roles:
        # The launcher last: where the power is cut in between, what destroys asks it as long as there is anything (remote/convergence.ts).
        # Alone it speaks of records that are lost, unless its last line says that they are not.
        is_ours = not launcher_is_foreign(files)
        if is_ours and files.exists(LAUNCHER):
            files.append(LAUNCHER, LAUNCHER_END, Access(0, 0, 0o755))
        for folder in (PROGRAMS, ROLES, STATE):
            files.remove_folder_if_empty(folder)
        if is_ours:
            files.remove(LAUNCHER)


def _digests(names: List[str]) -> Set[str]:
    return {found.group(1) for found in map(_PROGRAM.match, names) if found}


def _remove_program(files: Files, digest: str, names: List[str]) -> None:
    hold = Hold(files, program_file(digest))
    if digest + ".sh" in names and not hold.take_now():
        return
    try:
        for name in names:
            if name.startswith("." + digest) and _LEFTOVER.match(name):  # nobody runs it, so nobody unpacks it
                files.remove_tree(PROGRAMS + "/" + name)
        files.remove_tree(PROGRAMS + "/" + digest)
        files.remove(program_file(digest))
    finally:
        hold.release()


def _age(system: System, path: str) -> float:
    state = system.files.state(path)
    return 0 if state is None else system.clock.now() - state.st_mtime
