"""About how a run is started, followed and finished."""

from typing import Mapping

from .message import Message

MESSAGES: Mapping[str, Message] = {
    "document-too-large": Message(
        "the desired state has more than {limit} bytes", "Report this to openstack-spice: the document is made by it"
    ),
    "callers-lock-held": Message("another caller still holds {file} after {seconds} s", "Let it end, then run again"),
    "run-still-at-work": Message(
        "another run is still at work after {seconds} s ('systemctl status {unit}')",
        "Let it end, then run again",
    ),
    "run-not-started": Message("systemd-run could not start a unit", "Try 'systemd-run true' on the node"),
    "run-killed": Message(
        "the run was killed on the node. What it changed is put back by the node itself within {seconds} s, or by the next run",
        "Run again",
    ),
    "system-error": Message(
        "the system refuses something that the program needs: {reason} ({file}, at {place})", "Make room there, or mend it, and run again"
    ),
    "unexpected-error": Message("the program has a defect: {kind} at {place}", "Report this to openstack-spice"),
}
