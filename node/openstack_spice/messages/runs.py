"""About runs: locks, the transaction, the way back."""

from typing import Mapping

from .message import Message

_MEND = "Mend the cause, and run again"

MESSAGES: Mapping[str, Message] = {
    "lock-held": Message("another run of openstack-spice still holds {file} after {seconds} s", "Let it end, then run again"),
    "platform-unknown": Message("platform '{platform}' is not supported", "Supported: {supported}. Take the node out"),
    "stack-other": Message(
        "the stack '{owner}' already manages the role {role} of this node, this one is '{this}'",
        "Take the node out of one of them",
    ),
    "record-lost": Message(
        "{file} is gone, and this role was converged",
        "Put it back, or restore the node by hand and remove {folder}, and run again",
    ),
    "launcher-foreign": Message(
        "{file} is somebody else's, and this program keeps its own command there", "Give that file another name, or take the node out"
    ),
    "not-root": Message("not run as root", "Give the login user sudo, or log in as root"),
    "tool-missing": Message("{tool} is not installed", "Install it on the node"),
    "no-systemd": Message("systemd does not run this node, and only systemd is supported", "Take the node out"),
    "nova-missing": Message("Nova is not installed (no package {package})", "Install Nova on this node first, or take the node out"),
    "nova-conf-missing": Message("{file} does not exist", "Configure Nova on this node first"),
    "nova-conf-gone": Message(
        "{file} is not there, and Nova is installed: what was changed in it cannot be put back", "Put it back, and run again"
    ),
    "nova-conf-unreadable": Message("{file} is not readable, or empty", "Mend it, and run again"),
    "nova-conf-encoding": Message(
        "line {number} of {file} is not UTF-8, and Nova's services, in Python 3, would not start again", "Mend that line, and run again"
    ),
    "nova-conf-carriage-return": Message(
        "line {number} of {file} has a carriage return in its midst, at which Nova's services, in Python 3, end a line, and an editor "
        "does not",
        "Put a newline in its place, or take it out, as it is meant ('cat -A {file}' shows it as ^M), and run again",
    ),
    "release-other": Message("release {asserted} is asserted, but Nova {version} is installed", "Correct 'release', or leave it out"),
    "interrupted-not-put-back": Message("not everything of the interrupted run could be put back (see above)", _MEND),
    "not-put-back": Message("not everything could be put back (see above)", _MEND),
    "revert-order": Message(
        "noVNC is stopped on this node by the role vnc-proxy-retirement, and without this role the node would serve no console at all",
        "Run 'openstack-spice revert vnc-proxy-retirement' first",
    ),
    "novnc-still-listens": Message(
        "{unit} still listens on TCP {port} after it was stopped", "See 'systemctl status {unit}' on the node, and run again"
    ),
    "spice-does-not-serve": Message("{unit} does not serve on this node, so noVNC stays", "Bring the SPICE proxy up first"),
    "no-compute-unit": Message("there is no {unit} on this node", "Install Nova's compute service first, or take the node out of computes"),
}
