"""What happens to the program, or to its node, at a point."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Dict, Mapping

from ..errors import ExitStatus, Terminated
from ..system.interruption import Interruption

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DAY = 86400


class Actions:
    """Brings about what a plan asks for.

    :param verb: of this run
    :param environment: of the commands that the program runs; an action may add to it
    """

    def __init__(self, verb: str, interruption: Interruption, environment: Dict[str, str]) -> None:
        self._verb = verb
        self._interruption = interruption
        self._environment = environment
        self._ends: Mapping[str, Callable[[], None]] = {
            "": lambda: None,
            "kill": self._kill,
            "terminate": self._terminate,
            "end": self._end,
            "reboot": self._reboot,
            "set its seconds back": lambda: _set_back(100000),
            "set the clock back": self._set_the_clock_back,
        }

    def knows(self, then: str) -> bool:
        """Whether there is such an end."""
        return then in self._ends

    def perform(self, run: str, then: str, variables: Mapping[str, str]) -> None:
        """Runs shell text, whatever it ends with, and then does what becomes of the program."""
        if run:
            environment = {"PATH": PATH, "VERB": self._verb, "PROGRAM_PID": str(os.getpid())}
            environment.update(variables)
            subprocess.call(["bash", "-c", run], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment, cwd="/")
        self._ends[then]()

    def perform_when_dpkg_works(self, run: str, then: str) -> Callable[[], None]:
        """Waits beside the program for a dpkg; gives what ends the wait."""
        over = threading.Event()

        def watch() -> None:
            while not over.is_set():
                if _is_there("dpkg"):
                    self.perform(run, then, {})
                    return
                time.sleep(0.02)

        threading.Thread(target=watch, daemon=True).start()
        return over.set

    def _kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _terminate(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    def _end(self) -> None:
        sys.stdout.write("passed\n")
        sys.stdout.flush()
        raise Terminated(ExitStatus.DONE)

    def _reboot(self) -> None:
        """The node goes down in the order that systemd has for it; the program stays at its step until it is asked to end."""
        subprocess.call(["systemctl", "--no-block", "reboot"], stdin=subprocess.DEVNULL)
        for _ in range(600):
            try:
                self._interruption.check()
            except Terminated:
                return
            time.sleep(0.1)

    def _set_the_clock_back(self) -> None:
        """By a day, for the program and for what it runs."""
        before = int(time.time())
        libraries = [
            os.path.join(folder, "libfaketime.so.1")
            for folder, _, names in os.walk("/usr/lib")
            if folder.endswith("/faketime") and "libfaketime.so.1" in names
        ]
        self._environment.update(LD_PRELOAD=libraries[0], FAKETIME="-1d")
        _set_back(DAY)
        clock = subprocess.check_output(["date", "+%s"], env=dict(self._environment, PATH=PATH))
        if not int(clock) < before:
            os._exit(99)


def _set_back(seconds: float) -> None:
    real = time.time
    setattr(time, "time", lambda: real() - seconds)  # noqa: B010  # as an administrator's `date -s` would


def _is_there(command: str) -> bool:
    for pid in os.listdir("/proc"):
        try:
            with open("/proc/%s/comm" % pid) as file:
                if pid.isdigit() and file.read().strip() == command:
                    return True
        except OSError:
            pass
    return False


def variables_of(names: Mapping[str, int], arguments: "tuple[Any, ...]") -> Dict[str, str]:
    """The shell variables of a call."""
    return {name: str(arguments[index]) for name, index in names.items() if index < len(arguments)}
