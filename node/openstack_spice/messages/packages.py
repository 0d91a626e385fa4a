"""About packages, repositories and web clients."""

from typing import Mapping

from .message import Message

_ARCHIVE = "Make it reachable, or copy the archive to the node and give its path as webClient.archive"
_PLAIN = "A web client is plain files: pack those alone"

MESSAGES: Mapping[str, Message] = {
    "packages-harm": Message(
        "installing {packages} would touch other packages: {harm}",
        "Upgrade Nova on this node first, in a maintenance window, or install the package by hand",
    ),
    "package-tool-at-work": Message("{tool} is at work on this node already: {reason}", "Let it end, then run again"),
    "web-client-nowhere": Message(
        "there is no SPICE web client on this node, and {platform} have no package of it ({reason})",
        "Two ways out: a repository that has {client} (packageRepository), or another source of the client (webClient: an archive "
        "with its checksum, or another package)",
    ),
    "packages-cannot-be-had": Message(
        "package {packages} cannot be had: {reason}",
        "Add the repository that Nova {nova} came from, or install the package by hand",
    ),
    "packages-not-installed": Message(
        "{tool} could not install {packages} (its last lines are above)", "Mend {tool} on the node, and run again"
    ),
    "packages-not-removed": Message(
        "{tool} could not remove {packages} (its last lines are above)",
        "All else is put back. Mend {tool} on the node, and revert again",
    ),
    "repository-for-yum": Message(
        "packageRepository is for yum and dnf, and {platform} has apt",
        "Take it out, and add the repository to this node's /etc/apt yourself",
    ),
    "repository-twice": Message("{file} has a repository '{repository}' already", "Leave packageRepository out, or give it another id"),
    "repository-somebodys": Message(
        "{file} is there already, and is not as declared",
        "It is somebody's: leave packageRepository out where it does what you need, give yours another id, or move the file away",
    ),
    "repository-credentials": Message(
        "a URL of the repository '{repository}' has a user's name or a password in it, which everybody could read on the node and in "
        "the stack's state",
        "Give URLs without them",
    ),
    "repository-key-nowhere": Message(
        "{file}, the key of the repository '{repository}', is not on this node", "Give its text as gpgKey, or put it there"
    ),
    "repository-key-none": Message(
        "rpm does not take the key of the repository '{repository}'", "Give the text of its public key as gpgKey"
    ),
    "rpm-key-not-imported": Message("rpm does not take the key {file}", "See 'rpm --import {file}' on the node"),
    "rpm-key-not-removed": Message("rpm does not give up the key gpg-pubkey-{key}", "See 'rpm -e gpg-pubkey-{key}' on the node"),
    "web-client-other": Message(
        "{location} is not the web client that is declared: its SHA-256 is {sha256}",
        "Nothing of it was used. Correct webClient.sha256 if you trust this one",
    ),
    "web-client-no-archive": Message("{location} is not a tar archive", "Give webClient.archive one, packed or not"),
    "web-client-packed": Message(
        "{location} is packed by {packer}, which this program does not unpack", "Pack it by gzip, bzip2 or xz, or not at all"
    ),
    "web-client-odd": Message("{location} has links or devices in it, or more than 64 MiB", _PLAIN),
    "web-client-leads-out": Message("{location} has a file in it that would lie elsewhere: {name}", _PLAIN),
    "web-client-none": Message("{location} has no spice_auto.html in it: this is not spice-html5", "Give another one as webClient.archive"),
    "web-client-not-there": Message(
        "{location}, the archive of the web client, is not on this node", "Put it there, or give a URL as webClient.archive"
    ),
    "web-client-not-fetched": Message("{location} cannot be fetched from this node (see above)", _ARCHIVE),
    "web-client-credentials": Message(
        "the URL of webClient.archive has a user's name or a password in it, which everybody could read on the node and in the stack's "
        "state",
        "Give one without them, or copy the archive to the node and give its path",
    ),
    "web-client-changed": Message("{folder} was changed by someone else since it was put there", "Move it away, and run again"),
    "web-client-not-at-hand": Message(
        "{folder} is gone, and nothing is at hand to put in its place", "Run 'up' of the stack again, whose document names the archive"
    ),
}
