"""What libvirt says about this compute: whether QEMU knows SPICE, and which guests have it."""

import re
import xml.etree.ElementTree as xml
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..context import Context
from ..errors import CannotTell, Refused
from ..nova_conf.ini import spelled, unquoted
from ..packages.packages import Packages
from ..system.commands import Result
from ..text import last_line, printable
from .nova import Nova

URI = "qemu:///system"
KNOWN_FOR = 10  # seconds for which the guests that run are not asked for again
TOGETHER = 300  # guests that one process asks for: their names are on its command line


class Guest(NamedTuple):
    """A guest, as libvirt describes it."""

    uuid: str
    displays: Tuple[str, ...]  # types of its graphics, such as spice
    ports: Tuple[int, ...]  # of its graphics


class Hypervisor:
    """libvirt, read-only and bounded: a libvirtd that hangs must not hang us. Few processes, however many guests there are."""

    def __init__(self, context: Context, nova: Nova, packages: Packages) -> None:
        self._context = context
        self._nova = nova
        self._packages = packages
        self._known: Optional[Tuple[float, List[Guest]]] = None  # those that run, and until when that counts
        self._listed: Optional[Tuple[float, List[str]]] = None  # their uuids alone

    def check_hypervisor(self) -> None:
        """Refuses a compute that cannot do SPICE; an instance would go to ERROR at its next start. Raises Refused, CannotTell."""
        platform = self._context.platform
        driver = self._nova.compute_option("DEFAULT", "compute_driver", "libvirt.LibvirtDriver")
        if "libvirt" not in driver:
            raise Refused("hypervisor-not-libvirt", driver=printable(driver))
        # Nova gives SPICE to guests of these two alone (nova/virt/libvirt/driver.py).
        kind = self._nova.compute_option("libvirt", "virt_type", "kvm")
        if kind not in ("kvm", "qemu"):
            raise Refused("guests-without-spice-type", name=printable(kind.upper()), type=printable(kind))
        if self._context.system.commands.which("virsh") is None:
            raise Refused("virsh-missing")
        capabilities = self._capabilities()
        if platform.qemu_spice in self._packages.missing:
            return  # what brings SPICE to QEMU is about to be installed
        if not knows_spice(capabilities):
            if platform.qemu_spice == "none":
                raise Refused("qemu-without-spice-there", platform=platform.name)
            raise Refused("qemu-without-spice")

    def check_secure_channels(self, file: str = "/etc/libvirt/qemu.conf") -> None:
        """With require_secure libvirt starts no guest unless its qemu.conf has TLS for SPICE. Raises Refused, CannotTell."""
        if spelled(unquoted(self._context.desired.declared("spice/require_secure", "false").encode("ascii"))) != b"true":
            return
        data = self._context.system.files.read_if_there(file) or b""
        if not re.search(rb"^[ \t]*spice_tls[ \t]*=[ \t]*1[ \t]*(#.*)?$", data, re.MULTILINE):
            raise Refused("secure-channels", file=file)

    def check_console_loss(self) -> None:
        """`vnc: Off` takes the console of a running guest that has only VNC, until its hard reboot. Raises Refused, CannotTell."""
        desired = self._context.desired
        if not desired.vnc_is_off or desired.accept_console_loss:
            return
        guests = [guest.uuid for guest in self.guests() if "spice" not in guest.displays]
        if guests:
            raise Refused("console-loss", guests=" ".join(guests))

    def running_guests(self, has: str, display: str) -> List[str]:
        """The uuids of those that run, and have such a display, or have none. Where libvirt does not report that is said.

        :param has: `with` or `without`
        :param display: `spice` or `vnc`
        """
        try:
            return [guest.uuid for guest in self.guests() if (display in guest.displays) == (has == "with")]
        except CannotTell as error:
            self._context.reporter.warn("guests-not-reported", reason=error.reason)
            return []

    def guests_with_spice(self) -> List[str]:
        """The uuids of all that have a SPICE display, running or not. Raises CannotTell."""
        return [guest.uuid for guest in self.guests(running=False) if "spice" in guest.displays]

    def guests(self, running: bool = True) -> List[Guest]:
        """The guests; none where libvirt's clients are not installed. Raises CannotTell where libvirt does not report.

        :param running: those that run alone
        """
        clock, known = self._context.system.clock, self._known
        if running and known is not None and not clock.is_over(known[0]):
            return known[1]
        found = self._described(running)
        if running:
            self._known = clock.deadline(KNOWN_FOR), found
        return found

    def uuids(self, running: bool = True) -> List[str]:
        """Raises CannotTell."""
        result = self.virsh("list --uuid" if running else "list --all --uuid")
        if not result.ok:
            raise CannotTell("guests", self._reason(result))
        return uuids_in(result.out)

    def virsh(self, commands: str) -> Result:
        """Commands of virsh with semicolons between them; one that fails does not stop those after it."""
        return self._run(["virsh", "--readonly", "--connect", URI, commands])

    def _capabilities(self) -> bytes:
        """What `virsh domcapabilities` prints. Raises Refused."""
        # libvirt does not answer it on a read-only connection. The guests are listed by the same process. While libvirt starts one it
        # lists none for minutes, which is no matter of SPICE; and what virsh printed before may be lost with it.
        result = self._run(["virsh", "--connect", URI, "domcapabilities; list --uuid"])
        if result.timed_out:
            result = self._run(["virsh", "--connect", URI, "domcapabilities"])
        elif result.ok:
            listed = uuids_in(result.out.partition(b"</domainCapabilities>")[2])
            self._listed = self._context.system.clock.deadline(KNOWN_FOR), listed
        start, end, _rest = result.out.partition(b"</domainCapabilities>")
        if not end:
            raise Refused("libvirt-silent")
        return start + end

    def _described(self, running: bool) -> List[Guest]:
        if self._context.system.commands.which("virsh") is None:
            return []
        found: List[Guest] = []
        listed = self._listed
        uuids = listed[1] if running and listed is not None and not self._context.system.clock.is_over(listed[0]) else self.uuids(running)
        for i in range(0, len(uuids), TOGETHER):
            result = self.virsh("; ".join("dumpxml " + uuid for uuid in uuids[i : i + TOGETHER]))
            if is_silent(result):
                raise CannotTell("guests", self._reason(result))
            found += described(result.out)  # one that is missing ended meanwhile
        return found

    def _reason(self, result: Result) -> str:
        if result.timed_out:
            return "libvirt gives no answer in %d s" % self._context.limits.virsh_wait
        return last_line(result.err) or "virsh failed"

    def _run(self, argv: Sequence[str]) -> Result:
        return self._context.system.commands.run(argv, seconds=self._context.limits.virsh_wait)


def uuids_in(text: bytes) -> List[str]:
    """The uuids that `virsh list --uuid` printed."""
    return re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text.decode("ascii", "replace"))


def is_silent(result: Result) -> bool:
    """Whether libvirt itself gave no answer, and not only one of several commands failed."""
    return result.timed_out or b"failed to connect" in result.err


def knows_spice(domcapabilities: bytes) -> bool:
    """Whether QEMU has SPICE, by `virsh domcapabilities`. Raises CannotTell."""
    try:
        root = xml.fromstring(domcapabilities)
    except xml.ParseError as error:
        raise CannotTell("virsh domcapabilities", "what it prints is no XML: %s" % error)
    graphics = [element for element in root.iter("graphics") if element.get("supported") == "yes"]
    return any(value.text == "spice" for element in graphics for value in element.iter("value"))


def described(dumps: bytes) -> List[Guest]:
    """The guests of what `virsh dumpxml` printed, one after the other."""
    guests = []
    for dump in re.findall(rb"<domain\b.*?</domain>", dumps, re.DOTALL):
        try:
            root = xml.fromstring(dump)
        except xml.ParseError as error:
            raise CannotTell("guests", "what 'virsh dumpxml' prints is no XML: %s" % error)
        graphics = [element for element in root.iterfind("devices/graphics")]
        ports = [element.get("port", "") for element in graphics]
        guests.append(
            Guest(
                root.findtext("uuid", ""),
                tuple(element.get("type", "") for element in graphics),
                tuple(int(port) for port in ports if port.isdigit()),
            )
        )
    return guests
