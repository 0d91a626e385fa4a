"""Whether nova-compute, or libvirt for it, is at work on a guest: a restart would cut that off and leave the guest behind in an error.
Seen from the node itself; what Nova only has in mind yet its API reports, where it may be asked."""

import os
import pwd
import re
from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

from ..context import Context
from ..errors import CannotTell, Refused
from ..services.processes import Processes
from ..text import for_people, from_bytes, one_line, printable
from .hypervisor import TOGETHER, Hypervisor, is_silent
from .nova import Nova
from .nova_api import NovaApi

WORKERS = ("nova", "libvirt-qemu", "qemu")  # users whose processes work on guests, beside root
COPIES = re.compile(rb"(qemu-img|cp|scp|rsync|dd|mkfs[.a-z0-9]*)\Z")
LOOKS = (b"info", b"--version")  # of qemu-img
# The whole reason: one that ran before such work, as `from snapshot` or `migration canceled`, stays for as long as the guest runs.
ON_ITS_WAY = re.compile(
    r"(.*\((starting up|migrating|saving|creating snapshot|dumping|post-copy|post-copy failed|shutting down)\)|in shutdown.*)\Z"
)


class Busy:
    """Looks what the node is at."""

    def __init__(self, context: Context, nova: Nova, processes: Processes, hypervisor: Hypervisor, nova_api: NovaApi) -> None:
        self._context = context
        self._nova = nova
        self._processes = processes
        self._hypervisor = hypervisor
        self._nova_api = nova_api

    def check_busy(self, unit: str) -> None:
        """Waits, bounded, until the node is at rest; else postpones it. The verb `check` only reports. Raises Refused, CannotTell.

        :param unit: what the plan restarts on a compute; nothing: there is nothing to wait for
        """
        context = self._context
        if context.role != "compute" or not unit:
            return
        clock, limits, say = context.system.clock, context.limits, context.reporter.say
        end = clock.deadline(limits.busy_wait)
        report: Optional[float] = None
        while True:
            work = self.work_under_way(unit)
            if not work:
                return
            if context.verb == "check":
                say("busy: %s. The restart of %s would wait for that" % (work, unit))
                return
            # However slow the look was: it is reported before it is given up.
            if report is None or (not clock.is_over(end) and clock.is_over(report)):
                say("busy: %s; waiting for that, at most %d s, before %s is restarted" % (work, limits.busy_wait, unit))
                report = clock.deadline(limits.busy_report)
            if clock.is_over(end):
                raise Refused("busy", seconds=limits.busy_wait, work=work)
            clock.pause(limits.busy_pause)

    def work_under_way(self, unit: str) -> str:
        """The first thing that a restart of the unit would disturb, or nothing. Raises Refused, CannotTell."""
        for look in (self.work_of_processes, self.work_of_downloads, self.work_of_libvirt, self._nova_api.work_of_nova):
            work = look(unit)
            if work:
                return printable(one_line(work))
        return ""

    def instances_folder(self) -> str:
        """Where Nova keeps its guests' disks. Raises Refused, CannotTell."""
        state_path = self._nova.compute_option("DEFAULT", "state_path", "/var/lib/nova")
        return self._nova.compute_option("DEFAULT", "instances_path", state_path + "/instances").rstrip("/")

    def work_of_processes(self, unit: str) -> str:
        """A disk image that is made, converted or copied, by a child of the service or below its folder of instances; by processes of
        root, Nova, libvirt and QEMU alone. Raises Refused, CannotTell."""
        proc = self._context.system.proc
        below = re.compile(rb"[ :=]" + re.escape(os.fsencode(self.instances_folder())) + rb"/")
        for pid in self._processes.of_users(worker_uids()):
            words = proc.words(pid)
            if not words or not COPIES.match(words[0].rpartition(b"/")[2]) or not is_work(words):
                continue
            if below.search(b" " + b" ".join(words)) or self._processes.unit_of(pid) == unit:
                name, first = for_people(words[0].rpartition(b"/")[2]), for_people(words[1]) if len(words) > 1 else ""
                return "%s %s (pid %d)" % (name, first, pid)
        return ""

    def work_of_downloads(self, unit: str) -> str:
        """An image that nova-compute itself fetches, to a name that ends in .part (nova/virt/images.py). Raises Refused, CannotTell."""
        folder = os.path.realpath(self.instances_folder())
        for pid in self._processes.of_users(worker_uids()):
            for path in self._context.system.proc.open_files(pid):
                if path.endswith(".part") and path.startswith(folder + "/"):
                    return "the image %s is fetched" % path
        return ""

    def work_of_libvirt(self, unit: str) -> str:
        """A guest on its way up, down or elsewhere, or a job on it or its disks. A few processes, however many guests there are."""
        try:
            guests = self._hypervisor.uuids()
        except CannotTell:
            return "libvirt does not answer, as where it is at work on a guest"
        for i in range(0, len(guests), TOGETHER):
            work = self._work_of(guests[i : i + TOGETHER])
            if work:
                return work
        return ""

    def _work_of(self, guests: Sequence[str]) -> str:
        questions = [(guest, command) for guest in guests for command in ("domstate --reason", "domjobinfo", "domblklist")]
        answer = self._ask([(guest + " " + command, "%s %s" % (command, guest)) for guest, command in questions])
        if answer is None:
            return self._silent_guest(guests)
        disks: List[Tuple[str, str]] = []
        for guest in guests:
            state = one_line(answer.get(guest + " domstate --reason", "").strip())
            if ON_ITS_WAY.match(state):
                return "guest %s is %s" % (guest, state)
            job = job_of(answer.get(guest + " domjobinfo", ""))
            if job:
                return "guest %s has a job: %s" % (guest, job)
            disks += [(guest, disk) for disk in disks_of(answer.get(guest + " domblklist", ""))]
        jobs = self._ask([("%s %s" % pair, "blockjob %s %s --raw" % pair) for pair in disks]) if disks else {}
        if jobs is None:
            return self._silent_guest(guests)
        for guest, disk in disks:
            found = re.search(r"^ *type[:=] *(.+)$", jobs.get("%s %s" % (guest, disk), ""), re.MULTILINE)
            if found:
                return "disk %s of guest %s has a job: %s" % (disk, guest, found.group(1).strip())
        return ""

    def _ask(self, questions: Sequence[Tuple[str, str]]) -> Optional[Dict[str, str]]:
        """What virsh prints for each command, by its name; None where it gives no answer in time. A command that fails prints nothing: the
        guest is gone meanwhile."""
        mark = "=openstack-spice= "
        result = self._hypervisor.virsh("; ".join("echo '%s%s'; %s" % (mark, name, command) for name, command in questions))
        if is_silent(result):
            return None
        answers: Dict[str, str] = {}
        for part in from_bytes(b"\n" + result.out).split("\n" + mark)[1:]:
            name, _, text = part.partition("\n")
            answers[name] = text
        return answers

    def _silent_guest(self, guests: Sequence[str]) -> str:
        """The first guest of which libvirt reports nothing in time: it is held by somebody's work."""
        for guest in guests:
            if self._hypervisor.virsh("domstate --reason " + guest).timed_out:
                return "guest %s, of which libvirt reports nothing" % guest
        return "libvirt does not answer, as where it is at work on a guest"


def worker_uids() -> FrozenSet[int]:
    """The user ids whose processes work on guests."""
    uids = {0}
    for name in WORKERS:
        try:
            uids.add(pwd.getpwnam(name).pw_uid)
        except KeyError:
            continue
    return frozenset(uids)


def is_work(words: Sequence[bytes]) -> bool:
    """Whether a command changes or copies an image."""
    return not (words[0].rpartition(b"/")[2] == b"qemu-img" and len(words) > 1 and words[1] in LOOKS)


def job_of(text: str) -> str:
    """The job that `virsh domjobinfo` prints, or nothing. Old ones do not name the operation."""
    kind = re.search(r"^Job type: +(.+)$", text, re.MULTILINE)
    if kind is None or kind.group(1).strip() == "None":
        return ""
    operation = re.search(r"^Operation: +(.+)$", text, re.MULTILINE)
    return operation.group(1).strip() if operation else kind.group(1).strip()


def disks_of(text: str) -> List[str]:
    """The disks that `virsh domblklist` prints, without its two lines of a head."""
    return [
        disk for disk in (line.split()[0] for line in text.strip().splitlines()[2:] if line.strip()) if re.match(r"[a-zA-Z0-9]+\Z", disk)
    ]
