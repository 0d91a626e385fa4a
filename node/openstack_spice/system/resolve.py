"""From a path to a folder that is open and a name in it, with nobody else's links on the way."""

import errno
import os
import stat
from typing import List, NamedTuple, Optional

from ..errors import CannotTell, Refused

MOST_LINKS = 40  # as Linux follows at most


class Place(NamedTuple):
    """An entry of an open folder. Whoever resolved it closes `folder`."""

    folder: int  # a descriptor of the folder
    name: str  # of the entry, which need not exist
    path: str  # without links, for messages and the record


def resolve(path: str, root: str = "/") -> Place:
    """Walks a path component by component, each opened within the one before.

    A symbolic link is followed where root made it (administrators link nova.conf elsewhere); one that anybody else made is
    refused, since in a folder of the service's user, as Debian's /etc/nova is, it could name any file of the node.

    :param root: the folder that the path is in, with no link on its own way; tests have another one
    Raises FileNotFoundError where a folder is missing, Refused for a link that is not root's, CannotTell for a path that no file can have.
    """
    if "\0" in path:
        raise CannotTell(path, "no file has a NUL byte in its name")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    opened: List[str] = []
    todo = [part for part in path.split("/") if part not in ("", ".")]
    links = 0
    rest = -1  # how much of `todo` comes behind what the last link names
    try:
        while True:
            name = todo.pop(0) if todo else "."
            if name == "..":
                folder = _step(folder, ".." if opened else ".")
                del opened[-1:]
                continue
            target = _link(folder, name, path)
            if target is not None:
                links += 1
                if links > MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                if target.startswith("/"):
                    os.close(folder)
                    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                    opened = []
                rest = len(todo) if rest < 0 else min(rest, len(todo))
                todo = [part for part in target.split("/") if part not in ("", ".")] + todo
                continue
            if len(todo) < rest:
                rest = -1
            if rest >= 0:
                _demand(folder, name, path)
            if not todo:
                return Place(folder, name, "/" + "/".join(opened + [name]))
            folder = _step(folder, name)
            opened.append(name)
    except BaseException:
        os.close(folder)
        raise


def _demand(folder: int, name: str, path: str) -> None:
    """Raises CannotTell where a link leads to what is not there, such as a disk that is not mounted: that says nothing of what is on it."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        raise CannotTell(path, "a link on its way leads to nothing")


def _step(folder: int, name: str) -> int:
    """The folder within the folder, which is closed."""
    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    os.close(folder)
    return inner


def _link(folder: int, name: str, path: str) -> Optional[str]:
    """What the entry points to, where it is a link of root's."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISLNK(found.st_mode):
        return None
    if found.st_uid not in (0, os.geteuid()):
        raise Refused("link-not-roots", path=path, name=name)
    return os.readlink(name, dir_fd=folder)
