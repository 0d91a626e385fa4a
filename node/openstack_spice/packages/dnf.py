"""Packages of RHEL and its likes: dnf 4, and yum 3 of CentOS 7, which is asked and answers much the same (its cli.py, yummain.py
and output.py)."""

import re
from typing import Dict, List, Optional, Pattern, Sequence, Tuple

from ..context import Context
from ..system.commands import Result
from . import rpm
from .tool import Installed, PackageTool, Simulation, Step, Unpacked, cannot_tell, text_of_output

LOCKED = 200  # dnf's own status where another one has its lock
# rpm lets a signal wait for the end of its transaction: a minute for that.
GRACE = 60
# No package that is only recommended; nothing passed over in silence. yum 3 knows neither, and says so.
OPTIONS = ("--setopt=install_weak_deps=0", "--setopt=strict=1")
REMOVAL = ("--setopt=clean_requirements_on_remove=0", "remove")
REPOSITORY_FOLDERS = ("/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d")

_ABORTED = re.compile("Operation aborted|Exiting on user command")
_KINDS = (
    ("Installing", "install"),
    ("Upgrading", "upgraded"),
    ("Updating", "upgraded"),
    ("Downgrading", "downgraded"),
    ("Removing", "removed"),
    ("Reinstalling", "installed again"),
)


class Dnf(PackageTool):
    """dnf or yum, and rpm."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._repository_options: Tuple[str, ...] = ()

    def offer_repositories(self, folder: str) -> None:
        self._repository_options = ("--setopt=reposdir=" + ",".join(REPOSITORY_FOLDERS + (folder,)),)

    def withdraw_repositories(self) -> None:
        self._repository_options = ()

    def query(self, names: Sequence[str]) -> Dict[str, Installed]:
        return rpm.installed(self._commands, names, self._limits.systemctl_wait)

    def pin(self, name: str, nova: Installed) -> str:
        # With epoch and architecture, or yum 3 does not know it.
        version = nova.version if ":" in nova.version else "0:" + nova.version
        return "%s-%s.%s" % (name, version, nova.architecture)

    def simulate(self, pinned: Sequence[str], names: Sequence[str]) -> Simulation:
        """`--assumeno` resolves, prints the transaction and ends with 1, as a failure does: only the last words tell. yum 3 installs
        without a question, and so without this answer, what was named itself, where yum.conf has alwaysprompt=0; and it passes
        over a package that it cannot find."""
        result = self._run(self._limits.dnf_look_wait, ("--assumeno", "--setopt=alwaysprompt=1") + OPTIONS + ("install",) + tuple(pinned))
        output = text_of_output(result.out)
        wanted = {step.name for step in self.simulated(output) if not step.is_harm}
        done = _ABORTED.search(output) is not None and wanted.issuperset(names)
        return Simulation(done and result.status != LOCKED, result.status == LOCKED, output)

    def simulated(self, output: str) -> Tuple[Step, ...]:
        table = _Table()
        for line in output.splitlines():
            if line.startswith("Transaction Summary"):
                table.end_row()
                break
            table.line(line)
        return tuple(table.steps)

    def reason(self, output: str) -> str:
        """The first error; one that is a `Problem` goes on in lines that begin with a dash."""
        last = reason = ""
        ended = False
        for line in output.splitlines():
            last = line if line.strip(" ") else last
            if reason.lstrip(" ").startswith("Problem") and re.match(" +- ", line) and not ended:
                reason += "; " + re.sub("^ +- ", "", line)
            elif reason:
                ended = True
            elif not re.match("Error: *$", line) and (
                re.match("(Error|No package|Failed|Cannot|Could not|Existing lock)| Problem", line) or "already locked by" in line
            ):
                reason = line
        return (reason or last).lstrip(" ")

    def refresh(self) -> bytes:
        return self._run(self._limits.dnf_look_wait, ("-q", "clean", "expire-cache")).out

    def install(self, pinned: Sequence[str]) -> Result:
        return self._run(self._limits.dnf_install_wait, ("-y",) + OPTIONS + ("install",) + tuple(pinned))

    def owner(self, file: str) -> Optional[str]:
        result = self._commands.run(["rpm", "-qf", "--qf", "%{NAME}\\n", file], self._limits.systemctl_wait)
        lines = text_of_output(result.out).splitlines()
        if result.ok and lines:
            return lines[0]
        if lines == ["file %s is not owned by any package" % file] and not rpm.says_error(result):
            return None
        raise cannot_tell(file, result, "rpm")

    def simulate_removal(self, names: Sequence[str]) -> Simulation:
        result = self._run(self._limits.dnf_look_wait, ("--assumeno",) + REMOVAL + tuple(names))
        output = text_of_output(result.out)
        return Simulation(_ABORTED.search(output) is not None, result.status == LOCKED, output)

    def remove(self, names: Sequence[str]) -> Result:
        return self._run(self._limits.dnf_install_wait, ("-y",) + REMOVAL + tuple(names))

    def unpacked_since(self, seconds: int, wanted: Pattern[str]) -> List[Unpacked]:
        form = "%{INSTALLTIME}\\t%{NAME}\\t" + rpm.VERSION + "\\n"
        result = self._commands.run(["rpm", "-qa", "--qf", form], self._limits.systemctl_wait)
        if not result.ok or rpm.says_error(result):
            raise cannot_tell("packages", result, "rpm")
        found: List[Unpacked] = []
        for line in text_of_output(result.out).splitlines():
            unpacked, name, version = line.split("\t")
            if wanted.match(name) and int(unpacked) > seconds:
                found.append(Unpacked(name, version, int(unpacked)))
        return found

    def _run(self, seconds: int, arguments: Tuple[str, ...]) -> Result:
        """dnf or yum, which asks nothing. Told not to wait without end for another one that holds their lock, dnf ends with 200, and
        yum 3 with 1 and these words; here both are 200. yum 3 writes a refused transaction into TMPDIR."""
        argv = [self.name, "--color=never", "--setopt=exit_on_lock=1"] + list(self._repository_options + arguments)
        deadline = self._clock.deadline(self._limits.dnf_lock_wait)
        while True:
            environment = {"TMPDIR": self._context.work.path}
            result = self._commands.run(argv, seconds, environment=environment, merged=True, grace=GRACE)
            if b"exiting as configured by exit_on_lock" in result.out:
                result = result._replace(status=LOCKED)
            if result.status != LOCKED or self._clock.is_over(deadline):
                break
            self._clock.pause(2)
        if not result.timed_out:
            return result
        return result._replace(out=result.out + b"Error: %s did not end within %d s\n" % (self.name.encode("ascii"), seconds))


class _Table:
    """The table of a transaction. A long name has its version in the next line."""

    def __init__(self) -> None:
        self.steps: List[Step] = []
        self._kind = ""
        self._words: List[str] = []

    def line(self, line: str) -> None:
        if re.match("[A-Z].*:$", line):
            self.end_row()
            self._kind = next((kind for word, kind in _KINDS if line.startswith(word)), "")
        elif self._kind == "" or not line.startswith(" "):
            return
        elif re.match(" +replacing ", line):
            self.end_row()
            self.steps.append(Step(True, line.split()[1].rpartition(".")[0] or line.split()[1], "(replaced)"))
        else:
            if re.match(" [^ ]", line):
                self.end_row()
            self._words += line.split()

    def end_row(self) -> None:
        if len(self._words) >= 3:
            harm = self._kind != "install"
            self.steps.append(Step(harm, self._words[0], "(%s)" % self._kind if harm else self._words[2]))
        self._words = []
