"""About what filters packets on a node."""

from typing import Mapping

from .message import Message

_BY_HAND = "Add it by hand, and leave {argument} out"

MESSAGES: Mapping[str, Message] = {
    "firewalld-no-answer": Message("firewalld is active, but firewall-cmd does not answer", "See 'firewall-cmd --state', and run again"),
    "firewalld-file-strange": Message(
        "{file} is not written a tag to a line, as firewalld writes it",
        "Let firewalld rewrite it, by firewall-cmd --permanent --zone={zone} --add-rich-rule='{rule}', then run again; or leave"
        " {argument} out",
    ),
    "firewalld-rule-not-taken": Message("firewalld did not take the rule '{rule}' in its zone {zone}", _BY_HAND),
    "rule-not-taken": Message("{tool} did not take the rule '{rule}'", _BY_HAND),
    "nft-rule-not-taken": Message("nft did not take the rule '{rule}' in {chain}", _BY_HAND),
    "rule-not-taken-away": Message(
        "{tool} did not take the rule '{rule}' away from {where}", "Take it away by hand, or mend the cause, and run again"
    ),
    "nft-chain-not-written-out": Message(
        "chain '{chain}' refuses packets, but is not written out in {files}",
        "Put '{rule}' before its first refusal, and where the chain is kept, yourself, then run again; or leave {argument} out",
    ),
    "boot-file-not-proven": Message(
        "it is not proven that {file}, with '{rule}', would load what it loads by now and that rule: {reason}",
        "Add the rule by hand, there and to what is loaded, before the first rule that refuses, then run again; or leave {argument} out",
    ),
    "cannot-close": Message(
        "neither nft nor iptables works here, so TCP {ports} cannot be closed", "Install nftables, or leave {argument} out"
    ),
    "closing-cuts-off-listeners": Message(
        "closing TCP {ports} would cut off what is not QEMU: {held}", "Move it, or choose another consolePortRange"
    ),
    "closing-cuts-off-program": Message(
        "closing TCP {port} would cut off another program: {command} (pid {pid}, on {address})",
        "Move it, choose another port, or leave dropOtherSources out",
    ),
    "closed-ports-not-enabled": Message("systemctl could not enable {unit}", "Try it on the node"),
    "closed-ports-differ": Message("{unit} has run, but the kernel has other rules than {file}", "Compare {see}"),
    "closed-ports-stay": Message("the rules of {unit} cannot be taken away: see {see}"),
}
