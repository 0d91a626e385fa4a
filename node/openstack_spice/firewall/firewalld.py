"""firewalld: a rich rule in each zone by which packets from the source can come in.

The running zone gets it from firewall-cmd. The permanent one gets lines in the zone's file, spelled as firewalld spells them, which
firewalld sees by itself: `firewall-cmd --permanent` would write the whole file anew, without its comments, and leave the former one
beside it. Never --reload: where firewalld keeps its rules by iptables, that takes Neutron's chains along.
"""

from typing import List, NamedTuple, Optional, Sequence

from ..context import Context
from ..errors import CannotTell, Failed, Refused
from ..nova_conf.ini import Edit
from ..services.units import Units
from ..state.entry import Entry
from ..system.commands import Result
from ..text import ABSENT, from_bytes, present
from .backend import FileBackend
from .boot_proof import Content
from .firewalld_text import Zone, file_with, file_without, is_strange, rule_in_file, zones_for, zones_of
from .kernel import Kernel, reason_of
from .rules import NONE, RulePlan, Source
from .warnings_once import WarningsOnce

ZONES = "/etc/firewalld/zones"
ZONES_OF_PACKAGE = "/usr/lib/firewalld/zones"
WRITTEN = "written"  # for people
_NO = (1, 112)  # exit statuses: the zone does not have it; there is no such zone, INVALID_ZONE of firewall-cmd(1)


class _Listing(NamedTuple):
    default: str
    zones: List[Zone]


class Firewalld(FileBackend):
    """Rich rules; `where` is the zone."""

    kind = "firewalld"
    file_kind = "firewalld-file"
    place = "firewall/zone "

    def __init__(self, context: Context, units: Units, kernel: Kernel, warnings: WarningsOnce, argument: str) -> None:
        super().__init__(context, units, kernel, warnings, argument)
        self._listing: Optional[_Listing] = None
        self._is_changed = False  # then a rule is asked for alone

    def at_work(self, found: Sequence[str]) -> List[str]:
        return ["firewalld"] if self._units.is_active("firewalld") else []

    def plan(self, plan: RulePlan, what: str, source: Source) -> None:
        listing = self._list()
        if listing is None:
            raise Refused("firewalld-no-answer")
        rule = rule_for(source)
        for zone in zones_for(source.block, listing.default, listing.zones):
            plan.rule(self.kind, zone, rule, self.has(zone, rule), source.text)
            self._plan_file(plan, zone, rule, source)

    def plan_undeclared_file(self, plan: RulePlan, file: str, written: str) -> None:
        """A zone's file that we made goes again where no rule is wanted there any more, and nobody else changed it."""
        data = self._context.system.files.read_if_there(file)
        if plan.wants(self.file_kind, file) or data is None:
            return
        for entry in self._context.record.of_kind(self.file_kind):
            if entry.where == file:
                data = file_without(data, entry.what).data
        if present(data) == written:
            plan.add(Entry("firewalld-zone", file, ABSENT, written, ABSENT), WRITTEN, NONE)

    def has(self, where: str, rule: str) -> bool:
        listing = None if self._is_changed else self._list()
        if listing is not None and any(zone.name == where and rule in zone.rules for zone in listing.zones):
            return True
        # How a rule is listed differs with the version, so what is not listed as we write it is asked for.
        result = self._run("--quiet", "--zone=" + where, "--query-rich-rule=" + rule)
        if result.ok:
            return True
        # Where firewalld does not run it has no rule in the kernel.
        if result.status in _NO or not self._units.is_active("firewalld"):
            return False
        raise CannotTell(self.subject(where), reason_of(result))

    def insert(self, where: str, rule: str) -> None:
        if not self._change("--quiet", "--zone=" + where, "--add-rich-rule=" + rule):
            raise Failed("firewalld-rule-not-taken", rule=rule, zone=where, argument=self._argument)

    def delete(self, where: str, rule: str) -> None:
        if not self._change("--quiet", "--zone=" + where, "--remove-rich-rule=" + rule):
            raise Failed("rule-not-taken-away", tool="firewalld", rule=rule, where="its zone " + where)

    def file_has(self, data: bytes, rule: str) -> bool:
        return rule_in_file(data, rule) is not None

    def file_with(self, path: str, content: Content, rule: str) -> Edit:
        return file_with(content(path), rule)

    def file_without(self, data: bytes, rule: str) -> Edit:
        return file_without(data, rule)

    def _plan_file(self, plan: RulePlan, zone: str, rule: str, source: Source) -> None:
        files = self._context.system.files
        file, origin = "%s/%s.xml" % (ZONES, zone), "%s/%s.xml" % (ZONES_OF_PACKAGE, zone)
        data = files.read_if_there(file)
        if data is None:
            # A zone of which firewalld's package has the only file gets one of the node's own.
            original = files.read_if_there(origin)
            if original is None:
                self._warnings.warn("zone-without-file", zone=zone)
                return
            if not plan.has("firewalld-zone", file):
                plan.add(Entry("firewalld-zone", file, ABSENT, ABSENT, present(original)), NONE, "as " + origin)
        has = data is not None and self.file_has(data, rule)
        if not has and data is not None and is_strange(data):
            raise Refused("firewalld-file-strange", file=file, zone=zone, rule=rule, argument=self._argument)
        plan.rule(self.file_kind, file, rule, has, source.text)

    def _list(self) -> Optional[_Listing]:
        """The default zone and all zones; None where firewall-cmd does not answer."""
        if self._listing is None:
            default = self._run("--get-default-zone")
            if not default.ok:
                return None
            listing = self._run("--list-all-zones")
            if not listing.ok:
                return None
            self._listing = _Listing(from_bytes(default.out).strip(), zones_of(from_bytes(listing.out)))
        return self._listing

    def _run(self, *words: str) -> Result:
        return self._context.system.commands.run(("firewall-cmd",) + words, self._context.limits.probe_wait)

    def _change(self, *words: str) -> bool:
        result = self._run(*words)
        self._listing, self._is_changed = None, True
        return self._changed(result)


def rule_for(source: Source) -> str:
    """The rule as firewall-cmd lists it."""
    family = "ipv6" if source.is_ipv6 else "ipv4"
    return 'rule family="%s" source address="%s" port port="%s" protocol="tcp" accept' % (family, source.block, source.ports)
