"""About the desired state document and the command line."""

from typing import Mapping

from .message import Message

_BOTH = "Run both from one version of openstack-spice"
_REPORT = "Report this to openstack-spice: the document is made by it"

MESSAGES: Mapping[str, Message] = {
    "document-no-key-value": Message("line {number} of the desired state is not 'key = value'"),
    "document-not-printable": Message("line {number} of the desired state has a character that is not printable ASCII"),
    "document-option-twice": Message("line {number}: [{section}] {option} is declared twice"),
    "document-certificate-without-place": Message("the desired state has a certificate, and no [DEFAULT] cert that says where it goes"),
    "document-without-role": Message(
        "the desired state does not say which role it is for, such as 'compute = {node}', and which stack's it is ('owner = ...')"
    ),
    "document-role-twice": Message("line {number}: the desired state is for the role {role} already"),
    "document-key-twice": Message("line {number}: {key} is given twice"),
    "document-key-unknown": Message("line {number}: unknown key '{key}'; the document is newer than this program", _BOTH),
    "document-value-malformed": Message("line {number}: the value of {key} has not the shape that it must have", _REPORT),
    "document-source-malformed": Message("line {number}: a source is no CIDR block", "Give its network address, such as 192.0.2.0/24"),
    "document-source-mapped": Message(
        "line {number}: a source is an IPv4-mapped IPv6 block, which no IPv4 packet has as its source",
        "Give the IPv4 block",
    ),
    "role-unknown": Message("role '{role}' is none of controller, compute, vnc-proxy-retirement"),
    "option-unknown": Message("unknown option '{option}'"),
    "verb-unknown": Message("unknown verb '{verb}'; one of converge, check, revert ROLE, status"),
    "option-too-new": Message(
        "Nova {release} does not have [{section}] {option}, which came in {first}", "Leave the option out, or upgrade Nova"
    ),
    "option-too-old": Message("Nova {release} no longer has [{section}] {option}, which went after {last}", "Leave the option out"),
}
