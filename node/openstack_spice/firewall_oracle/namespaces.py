"""A function in a process of its own, with empty network and private mounts, of which nothing is left at its end, whatever the end is.

No name space gets a name: it lives as long as the processes in it, and the kernel ends those with their parent.
"""

import contextlib
import ctypes
import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
from typing import Callable, Iterator, NamedTuple, Sequence, Set

from .errors import CannotTell

_NEW_MOUNTS, _NEW_NETWORK = 0x00020000, 0x40000000  # CLONE_NEWNS, CLONE_NEWNET
_PRIVATE = 0x4000 | 0x40000  # MS_REC | MS_PRIVATE
_BIND = 0x1000  # MS_BIND
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
LARGEST_ANSWER = 32 << 20  # bytes
_C = ctypes.CDLL(None, use_errno=True)
# Where the tools are: as the node program has it (system/commands.py).
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def isolated(function: Callable[[], bytes], seconds: float) -> bytes:
    """What the function returns in a child process that has a network name space of its own, empty and with lo down, private mounts and
    an empty /run: no daemon of the node can be reached there, and iptables' lock is its own.

    Raises CannotTell where the function raised that, where the name spaces cannot be had, where the time is over, or the child died. Of
    other exceptions the trace goes to standard error.

    :param function: must not rely on threads, and gets our descriptors
    :param seconds: after which the child is killed
    """
    ours, theirs = os.pipe()
    sys.stderr.flush()
    parent = os.getpid()
    _C.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what the child leaves behind becomes ours
    others = _children()
    child = os.fork()
    if child == 0:
        _in_the_child(function, parent, theirs)
    os.close(theirs)
    try:
        kind, answer = _answer(ours, seconds)
    finally:
        os.close(ours)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        _end_all_but(others)
        _C.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    if kind == b"=":
        return answer
    raise CannotTell(answer.decode("utf-8", "replace") if kind == b"!" else "the copy's process ended early (status %d)" % status)


def _children() -> Set[int]:
    """Raises OSError where the kernel has no list of them (CONFIG_PROC_CHILDREN)."""
    with open("/proc/self/task/%d/children" % os.getpid()) as file:
        return {int(word) for word in file.read().split()}


def _end_all_but(others: Set[int]) -> None:
    """What a tool started and left behind ends with it, and what that started. The kernel's list of children can miss some while others
    end, so it is asked until there is no child."""
    while True:
        for pid in _children() - others:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        try:
            if others:
                return
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return


def _in_the_child(function: Callable[[], bytes], parent: int, pipe: int) -> None:
    """Does not return."""
    status = 1
    try:
        die_with(parent)
        try:
            answer = b"=" + _away(function)
        except CannotTell as error:
            answer = b"!" + error.construct.encode("utf-8", "replace")
        view = memoryview(answer)
        while view:
            view = view[os.write(pipe, view) :]
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stderr.flush()
        os._exit(status)


def _away(function: Callable[[], bytes]) -> bytes:
    try:
        unshare(_NEW_MOUNTS | _NEW_NETWORK)
        _mount(b"none", b"/", b"", _PRIVATE)
        _mount(b"tmpfs", b"/run", b"tmpfs", 0)
    except OSError as error:
        raise CannotTell("no name space of its own can be had (%s)" % error.strerror)
    return function()


def _answer(pipe: int, seconds: float) -> "tuple[bytes, bytes]":
    """The kind of an answer, `=`, `!` or nothing, and the rest."""
    deadline, parts, size = time.monotonic() + seconds, [], 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or size > LARGEST_ANSWER:
            return b"!", b"no answer in %d s" % seconds if left <= 0 else b"the answer is too large"
        ready, _, _ = select.select([pipe], [], [], left)
        data = os.read(pipe, 1 << 16) if ready else b""
        if ready and not data:
            break
        parts.append(data)
        size += len(data)
    whole = b"".join(parts)
    return whole[:1], whole[1:]


def die_with(parent: int) -> None:
    """The kernel kills this process when its parent ends; at once where that has ended already.

    :param parent: the process id
    """
    _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def limit_memory(size: int) -> None:
    """No process from here on, ours and those we start, gets more memory than that: an allocation fails.

    :param size: bytes of address space
    """
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


def unshare(flags: int) -> None:
    """New name spaces for this process. Raises OSError."""
    if _C.unshare(flags):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _mount(source: bytes, target: bytes, kind: bytes, flags: int) -> None:
    if _C.mount(source, target, kind, ctypes.c_ulong(flags), None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def bind(source: str, target: str) -> None:
    """A file over another one, in the private mounts of this process. Raises OSError.

    :param target: is there; a link is followed
    """
    _mount(os.fsencode(source), os.fsencode(target), b"", _BIND)


def new_network() -> int:
    """Goes to a new network name space, and gives a descriptor of it. Raises OSError."""
    unshare(_NEW_NETWORK)
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def this_network() -> int:
    """A descriptor of the network name space that this process is in. Raises OSError."""
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


@contextlib.contextmanager
def inside(network: int) -> Iterator[None]:
    """Is in another network name space meanwhile; sockets made there stay there. Raises OSError.

    :param network: a descriptor
    """
    home = this_network()
    try:
        enter(network)
        try:
            yield
        finally:
            enter(home)
    finally:
        os.close(home)


def enter(network: int) -> None:
    """Goes to another network name space, for good. Raises OSError.

    :param network: a descriptor
    """
    if _C.setns(network, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Output(NamedTuple):
    """How a tool ended."""

    status: int  # 127 where it is not there, 124 where it took too long
    out: bytes
    err: bytes

    @property
    def reason(self) -> str:
        """Why it failed, one line."""
        lines = self.err.decode("utf-8", "replace").strip().splitlines()
        return lines[0] if lines else "exit status %d" % self.status


def tool(argv: Sequence[str], stdin: bytes = b"", seconds: float = 20) -> Output:
    """Runs a tool in the name spaces that this process is in. It dies with us, and finds nothing of our environment."""
    parent = os.getpid()
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": PATH, "LC_ALL": "C"},
            preexec_fn=lambda: die_with(parent),
        )
    except (FileNotFoundError, PermissionError):
        return Output(127, b"", b"%s is not there" % argv[0].encode())
    try:
        out, err = process.communicate(stdin, seconds)
    except subprocess.TimeoutExpired:
        process.kill()  # what it started, and holds its output, ends with the name spaces
        process.wait()
        return Output(124, b"", b"%s took more than %d s" % (argv[0].encode(), seconds))
    return Output(process.returncode, out, err)


def which(name: str) -> bool:
    """Whether a tool is there."""
    return any(os.access(os.path.join(folder, name), os.X_OK) for folder in PATH.split(":"))
