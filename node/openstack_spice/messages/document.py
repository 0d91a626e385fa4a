"""About the desired state document and the command line."""

from typing import Mapping

from .message import Message

MESSAGES: Mapping[str, Message] = {
    "document-not-json": Message("the desired state is not one JSON object{at}", "Run both from one version of openstack-spice"),
    "document-member-twice": Message(
        "the desired state has the member {member} twice in one object", "Report this to openstack-spice: the document is made by it"
    ),
    "document-invalid": Message(
        "the desired state cannot be used: {problems}",
        "It is made by openstack-spice: run both from one version of it, or report this",
    ),
    "role-unknown": Message("role '{role}' is none of controller, compute, vnc-proxy-retirement"),
    "option-unknown": Message("unknown option '{option}'"),
    "verb-unknown": Message("unknown verb '{verb}'; one of converge, check, revert ROLE, status"),
    "option-too-new": Message(
        "Nova {release} does not have [{section}] {option}, which came in {first}", "Leave the option out, or upgrade Nova"
    ),
    "option-too-old": Message("Nova {release} no longer has [{section}] {option}, which went after {last}", "Leave the option out"),
}
