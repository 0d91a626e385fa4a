"""The one way to run a command: an argument list, a time limit, a named environment, bounded output."""

import os
import pwd
import selectors
import signal
import subprocess
import time
from typing import IO, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .interruption import Interruption

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LARGEST_OUTPUT = 8 * 1024 * 1024  # bytes kept of each stream; what a command says beyond is dropped
TIMED_OUT = 124  # as timeout(1) has it


class Result(NamedTuple):
    """How a command ended."""

    status: int  # exit status; 128 + N for signal N; 124 where it was ended at its limit; 127 where it is not there
    out: bytes
    err: bytes

    @property
    def ok(self) -> bool:
        """Whether the exit status is 0."""
        return self.status == 0

    @property
    def timed_out(self) -> bool:
        """Whether it was ended since it took too long."""
        return self.status == TIMED_OUT

    @property
    def missing(self) -> bool:
        """Whether there is no such command."""
        return self.status == 127


class Commands:
    """Runs commands of the node.

    :param interruption: asked after each command, which a signal to us does not cut off
    """

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption

    def run(
        self,
        argv: Sequence[str],
        seconds: float = 60,
        stdin: bytes = b"",
        environment: Optional[Mapping[str, str]] = None,
        user: Optional[str] = None,
        pass_fds: Sequence[int] = (),
        grace: float = 5,
        merged: bool = False,
        directory: str = "/",
        most: int = LARGEST_OUTPUT,
    ) -> Result:
        """Runs a command to its end, or ends it, with all that it started, after the seconds.

        The command inherits nothing of ours: not the environment, not a descriptor but those named, not the terminal.

        :param seconds: its time limit
        :param stdin: what it reads
        :param environment: variables beside PATH and LC_ALL=C
        :param user: runs as this user, with the user's groups; default: as we do
        :param pass_fds: descriptors that it inherits
        :param grace: seconds between the request to end and the kill
        :param merged: whether standard error comes with standard output, in the order of time
        :param directory: where it runs
        :param most: bytes kept of each stream, to the next 64 KiB
        """
        result = self._result(self._start(argv, environment, user, pass_fds, merged, directory), stdin, seconds, grace, most)
        self._interruption.check()
        return result

    def which(self, name: str) -> Optional[str]:
        """The path of a command on the program's own PATH."""
        for folder in PATH.split(":"):
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                return path
        return None

    def knows_user(self, name: str) -> bool:
        """Whether the node has a user of that name."""
        try:
            pwd.getpwnam(name)
        except KeyError:
            return False
        return True

    def _result(self, process: "Optional[subprocess.Popen[bytes]]", stdin: bytes, seconds: float, grace: float, most: int) -> Result:
        if process is None:
            return Result(127, b"", b"")
        out, err, in_time = _communicate(process, stdin, seconds, most)
        if not in_time:
            _end(process, grace)
            return Result(TIMED_OUT, out, err)
        status = process.returncode
        return Result(128 - status if status < 0 else status, out, err)

    def _start(
        self,
        argv: Sequence[str],
        environment: Optional[Mapping[str, str]],
        user: Optional[str],
        pass_fds: Sequence[int],
        merged: bool,
        directory: str,
    ) -> Optional["subprocess.Popen[bytes]"]:
        variables: Dict[str, str] = {"PATH": PATH, "LC_ALL": "C"}
        variables.update(environment or {})
        become = None if user is None or os.geteuid() != 0 else _become(user)
        try:
            return subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                env=variables,
                pass_fds=tuple(pass_fds),
                start_new_session=True,
                preexec_fn=become,
                cwd=directory,
            )
        except (FileNotFoundError, PermissionError):
            return None


def _become(user: str) -> Callable[[], None]:
    """What the child does before it becomes the command."""
    entry = pwd.getpwnam(user)
    groups = os.getgrouplist(user, entry.pw_gid)

    def become() -> None:
        os.setgroups(groups)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)

    return become


def _communicate(process: "subprocess.Popen[bytes]", stdin: bytes, seconds: float, most: int) -> "tuple[bytes, bytes, bool]":
    """Both streams, bounded, and whether the command ended in time."""
    deadline = time.monotonic() + seconds
    kept: Dict[int, List[bytes]] = {}
    sizes: Dict[int, int] = {}
    descriptors = [-1 if stream is None else stream.fileno() for stream in (process.stdout, process.stderr)]
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ)
                kept[stream.fileno()], sizes[stream.fileno()] = [], 0
        view = memoryview(stdin)
        assert process.stdin is not None
        if view:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        else:
            process.stdin.close()
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                break
            ready = selector.select(min(left, 0.5))
            if not ready and process.poll() is not None:
                break  # what it started holds its output open, and is no part of it
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    view = _feed(process.stdin, view)
                    if not view:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                    continue
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                elif sizes[key.fd] < most:
                    kept[key.fd].append(data)
                    sizes[key.fd] += len(data)
    out, err = [b"".join(kept.get(fd, [])) for fd in descriptors]
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return out, err, False
    _close(process)
    return out, err, True


def _feed(pipe: IO[bytes], view: memoryview) -> memoryview:
    """Writes what the pipe takes; nothing is left for a command that does not read it."""
    try:
        return view[os.write(pipe.fileno(), view) :]
    except BlockingIOError:
        return view
    except OSError:  # it ended, or closed its standard input: no failure of ours
        return memoryview(b"")


def _end(process: "subprocess.Popen[bytes]", grace: float) -> None:
    """Asks the command's whole process group to end, then kills it."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        pass
    _signal(process, signal.SIGKILL)
    process.wait()
    _close(process)


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except OSError:  # all of it ended meanwhile
        pass


def _close(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None and not stream.closed:
            stream.close()
