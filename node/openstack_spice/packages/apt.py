"""Debian's and Ubuntu's packages."""

from typing import Dict, List, Mapping, Optional, Pattern, Sequence, Tuple

from ..errors import CannotTell
from ..system.commands import Result
from .tool import NOTHING, Installed, PackageTool, Simulation, Step, Unpacked, cannot_tell, text_of_output

LISTS = "/var/lib/dpkg/info"  # dpkg writes a package's list of files there when it unpacks it

# It is installed wherever there are packages: dpkg-query "finds no package" too where its database is gone.
WITNESS = "dpkg"

# Nobody is asked anything. needrestart, which Ubuntu's apt calls at its end, would restart services of others; where its
# hook does not know SUSPEND it lists them only (needrestart(1)).
ENVIRONMENT: Mapping[str, str] = {
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
    "NEEDRESTART_MODE": "l",
}
INSTALLATION = ("--no-install-recommends", "--no-remove")
# Whatever apt.conf says.
REMOVAL = ("-o", "APT::Get::AutomaticRemove=false", "-o", "APT::Get::Purge=false", "remove")

_NOT_FOUND = b"dpkg-query: no packages found matching "
_NO_PATH = b"dpkg-query: no path found matching pattern "
_FORMAT = "${Package}\\t${db:Status-Abbrev}\\t${Architecture}\\t${Version}\\n"


class Apt(PackageTool):
    """apt-get and dpkg."""

    def query(self, names: Sequence[str]) -> Dict[str, Installed]:
        found = {name: NOTHING for name in names}
        if not names:
            return found
        argv = ["dpkg-query", "-W", "-f", _FORMAT] + list(names) + [WITNESS]
        result = self._commands.run(argv, self._limits.systemctl_wait)
        unknown = [line for line in result.err.splitlines() if line.strip()]
        if not (result.ok or (result.status == 1 and unknown and all(line.startswith(_NOT_FOUND) for line in unknown))):
            raise cannot_tell("packages", result, "dpkg-query")
        witnessed = False
        for line in text_of_output(result.out).splitlines():
            name, status, architecture, version = line.split("\t")
            witnessed = witnessed or name == WITNESS
            if name in found and not found[name].version:
                # The second letter is what is: `i` installed, `n` not, `c` its configuration files alone, others half.
                found[name] = Installed(version if status[1:2] == "i" else "", architecture, status[1:2] not in ("n", "c"))
        if not witnessed:
            raise CannotTell("packages", "dpkg's database has not even %s in it" % WITNESS)
        return found

    def pin(self, name: str, nova: Installed) -> str:
        return "%s=%s" % (name, nova.version)

    def simulate(self, pinned: Sequence[str], names: Sequence[str]) -> Simulation:
        return self._simulation(INSTALLATION + ("install",) + tuple(pinned))

    def simulated(self, output: str) -> Tuple[Step, ...]:
        steps: List[Step] = []
        for line in output.splitlines():
            words = line.split()
            if line.startswith("Remv ") and len(words) > 1:
                steps.append(Step(True, words[1], "(removed)"))
            elif line.startswith("Inst ") and len(words) > 2:
                # `Inst NAME [INSTALLED] (NEW ...)`, without the brackets where it is new
                if words[2].startswith("["):
                    steps.append(Step(True, words[1], "(upgraded)"))
                else:
                    steps.append(Step(False, words[1], words[2].lstrip("(")))
        return tuple(steps)

    def reason(self, output: str) -> str:
        lines = output.rstrip("\n").splitlines()
        errors = [line for line in lines if line.startswith("E:")]
        return (errors or lines[-1:] or [""])[0]

    def refresh(self) -> bytes:
        return self._run(self._limits.apt_look_wait, ("-qq", "update")).out

    def install(self, pinned: Sequence[str]) -> Result:
        keep = ("-o", "Dpkg::Options::=--force-confold")
        return self._run(self._limits.apt_install_wait, ("-y", "-qq") + INSTALLATION + keep + ("install",) + tuple(pinned))

    def owner(self, file: str) -> Optional[str]:
        # Where /lib is a link into /usr a package may have either name of the file.
        other = file[len("/usr") :] if file.startswith("/usr/") else "/usr" + file
        result = self._commands.run(["dpkg-query", "-S", file, other], self._limits.systemctl_wait)
        unknown = [line for line in result.err.splitlines() if line.strip()]
        if not (result.ok or (result.status == 1 and unknown and all(line.startswith(_NO_PATH) for line in unknown))):
            raise cannot_tell(file, result, "dpkg-query")
        for line in text_of_output(result.out).splitlines():
            if not line.startswith("diversion "):
                return line.partition(": ")[0].split(",")[0].split(":")[0]
        return None

    def simulate_removal(self, names: Sequence[str]) -> Simulation:
        return self._simulation(REMOVAL + tuple(names))

    def remove(self, names: Sequence[str]) -> Result:
        return self._run(self._limits.apt_install_wait, ("-y", "-qq") + REMOVAL + tuple(names))

    def unpacked_since(self, seconds: int, wanted: Pattern[str]) -> List[Unpacked]:
        times: Dict[str, int] = {}
        try:
            lists = self._files.names(LISTS)
        except FileNotFoundError:
            raise CannotTell("packages", "there is no folder %s" % LISTS)
        for file in lists:
            if not file.endswith(".list"):
                continue
            name = file[: -len(".list")].partition(":")[0]
            state = self._files.state(LISTS + "/" + file) if wanted.match(name) else None
            if state is not None and int(state.st_mtime) > seconds:
                times[name] = max(int(state.st_mtime), times.get(name, 0))
        versions = self.versions(sorted(times))
        return [Unpacked(name, version, times[name]) for name, version in versions.items()]

    def _simulation(self, arguments: Tuple[str, ...]) -> Simulation:
        result = self._run(self._limits.apt_look_wait, ("-s", "-qq") + arguments)
        return Simulation(result.ok, False, text_of_output(result.out))

    def _run(self, seconds: int, arguments: Tuple[str, ...]) -> Result:
        """apt, which ends in time with all that it started: without a terminal of its own all of that is in the one process group."""
        lock = "DPkg::Lock::Timeout=%d" % self._limits.apt_lock_wait
        argv = ["apt-get", "-o", lock, "-o", "Dpkg::Use-Pty=0"] + list(arguments)
        result = self._commands.run(argv, seconds, environment=ENVIRONMENT, merged=True)
        if not result.timed_out:
            return result
        said = "E: apt-get was ended, since it had not come to its end after %d s. 'dpkg --configure -a' shows what hangs\n" % seconds
        return result._replace(out=result.out + said.encode("ascii"))
