"""Where the program keeps what it knows, and the files of the node that it always has to do with."""

STATE = "/var/lib/openstack-spice"  # root's, 0700
PROGRAMS = STATE + "/programs"
ROLES = STATE + "/roles"
RUNS = "/run/openstack-spice"  # root's, 0700: runs at work, and the locks
LEDGER = RUNS + "-written"
LAUNCHER = "/usr/local/sbin/openstack-spice"
LAUNCHER_MARK = b"# Written by openstack-spice"  # begins a line of it, in every version
LAUNCHER_END = b"# nothing is recorded\n"  # its last line for the moment before it goes
AUDIT_LOG = "/var/log/openstack-spice.log"
NOVA_CONF = "/etc/nova/nova.conf"

ROLE_NAMES = ("controller", "compute", "vnc-proxy-retirement")


def role_folder(role: str) -> str:
    """Where what is known of a role lies: `record`, `journal`, `program`, `answers`, `uploaded`, `unfinished`, `filter`."""
    return ROLES + "/" + role


def record_file(role: str) -> str:
    """What was changed for the role, and from what."""
    return role_folder(role) + "/record"


def journal_file(role: str) -> str:
    """What the run at work changes."""
    return role_folder(role) + "/journal"


def unfinished_file(role: str) -> str:
    """Which run is at work, for the watchdog."""
    return role_folder(role) + "/unfinished"


def answers_file(role: str) -> str:
    """What the node's oslo.config said last, of a role that has a record."""
    return role_folder(role) + "/answers"


def filter_file(role: str) -> str:
    """What the node's kernel said last of who gets in, of a role that has a record."""
    return role_folder(role) + "/filter"


def program_link(role: str) -> str:
    """The program that goes back for the role."""
    return role_folder(role) + "/program"


def uploaded_file(role: str) -> str:
    """The path of the program's copy in the login user's home."""
    return role_folder(role) + "/uploaded"
