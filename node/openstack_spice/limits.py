"""How long things may take, in seconds. Tests give others, so that they need not wait for as long as an administrator does."""

from typing import NamedTuple


class Limits(NamedTuple):
    """The limits of a run."""

    lock_wait: int = 300  # for another run on this node
    service_wait: int = 120  # for a service to come up; a stop may take as long as its unit allows
    settle_time: int = 5  # a service has to stay up for so long to count as up
    queue_wait: int = 30  # a service may be without its message queue for so long before that counts
    systemctl_wait: int = 60  # for what should answer at once
    probe_wait: int = 60
    virsh_wait: int = 30
    apt_lock_wait: int = 120  # for another apt
    apt_look_wait: int = 300  # for an apt that only looks
    apt_install_wait: int = 900
    dnf_lock_wait: int = 120
    dnf_look_wait: int = 300
    dnf_install_wait: int = 900
    busy_wait: int = 240  # until a busy node is postponed; less than lock_wait, for which others wait for this run
    busy_report: int = 60  # between two lines of progress
    busy_pause: int = 2  # between two looks
    watchdog_every: int = 20
    run_limit: int = 3600  # how long a run may take before the watchdog ends it
