"""Proof that nova-compute does what it is for: it has a connection to its message queue. `active` says so only where the unit is of
Type=notify; and a compute without its queue answers nobody."""

from typing import Dict, Optional, Tuple

from ..context import Context
from ..errors import Failed, Refused
from .answers import Answer
from .probes import MISSING, Probes
from .processes import Processes
from .program import ServiceProgram
from .unit_states import Witness
from .units import Units

FIRST_QUIET = 34  # Nova's first release whose nova-compute may never notify systemd that it is ready
QUIET_SETTLES = 4  # times that settle_time is over before it counts as one that never will


class Queue:
    """The message queue of units."""

    def __init__(self, context: Context, units: Units, processes: Processes, program: ServiceProgram, probes: Probes) -> None:
        self._context = context
        self._units = units
        self._processes = processes
        self._program = program
        self._probes = probes
        self._ports: Dict[str, Tuple[int, ...]] = {}
        compute = context.platform.compute_unit
        units.watch(compute, Witness(lambda: self.serves(compute), self._patience))

    def ports(self, unit: str) -> Optional[Tuple[int, ...]]:
        """The TCP ports of its message queue, by transport_url as the service reads it; none where it has none that is reached by TCP
        (`fake:`); None where oslo.config does not report, which is reported. The URL, which has a password, goes nowhere."""
        answer: Answer = self._probes.queue_ports(unit)
        if answer.error:
            reason = "there is no oslo.config" if answer.error == MISSING else answer.error
            self._context.reporter.quote(
                ("openstack-spice: %s: the configuration cannot be read: %s" % (self._program.name(unit), reason)).encode(
                    "utf-8", "replace"
                )
            )
            return None
        self._ports[unit] = answer.ports
        return answer.ports

    def is_connected(self, unit: str) -> bool:
        """Whether it has a connection to its queue; true too where there is no queue that is reached by TCP. Raises CannotTell."""
        ports = self._ports.get(unit, ())
        return not ports or self._processes.has_connection(unit, ports)

    def serves(self, unit: str) -> bool:
        """Whether it has a queue that is reached by TCP, and a connection to it."""
        if unit not in self._ports and self.ports(unit) is None:
            self._ports[unit] = ()  # reported once
        return bool(self._ports.get(unit)) and self.is_connected(unit)

    def check_queue(self, unit: str) -> None:
        """Refuses where the service does not run, or has no queue, before anything of ours: a restart would help nobody, and what fails
        then would look like ours. Raises Refused, CannotTell."""
        clock, wait = self._context.system.clock, self._context.limits.queue_wait
        log = "/var/log/nova/%s.log" % self._program.name(unit)
        deadline = clock.deadline(wait)
        while self._units.is_moving(unit) and not clock.is_over(deadline):
            clock.pause(0.5)
        if self._units.will_be_ended(unit):
            raise Refused("unit-never-ready", unit=unit, limit=self._units.show(unit, "TimeoutStartUSec"))
        if not self._units.is_active(unit):
            raise Refused("queue-service-down", unit=unit, activity=self._units.show(unit, "ActiveState"), log=log)
        if self.ports(unit) is None:
            raise Refused("queue-not-read", unit=unit)
        if not self._until_connected(unit, deadline):
            raise Refused("queue-not-connected", unit=unit, queue=self._text(unit), log=log)

    def wait_for_queue(self, unit: str) -> None:
        """The same after a start, with the time that a slow service needs. Raises Failed, CannotTell."""
        clock, wait = self._context.system.clock, self._context.limits.service_wait
        deadline = clock.deadline(wait)
        if self.ports(unit) is None:
            raise Failed("queue-not-read", unit=unit)
        while not self.is_connected(unit):
            if not self._units.still_same_process(unit):
                return  # settle reports it
            if clock.is_over(deadline):
                self._units.failed(unit, "has no connection to %s %d s after its start" % (self._text(unit), wait))
            clock.pause(0.2)

    def _patience(self) -> float:
        """Before Nova 34 every nova-compute notifies systemd that it is ready, however long it takes to see to its guests before that."""
        limits = self._context.limits
        return QUIET_SETTLES * limits.settle_time if self._probes.release() >= FIRST_QUIET else limits.service_wait

    def _until_connected(self, unit: str, deadline: float) -> bool:
        clock = self._context.system.clock
        while not self.is_connected(unit):
            if clock.is_over(deadline):
                return False
            clock.pause(0.5)
        return True

    def _text(self, unit: str) -> str:
        return "its message queue (TCP %s, by transport_url)" % " ".join(str(port) for port in self._ports[unit])
