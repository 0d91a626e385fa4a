"""About files, the record and the journal."""

from typing import Mapping

from .message import Message

MESSAGES: Mapping[str, Message] = {
    "link-not-roots": Message(
        "{path} leads over the symbolic link '{name}', which is not root's: whoever made it could point it at any file",
        "Put a file in its place, or let root make the link, and run again",
    ),
    "folder-not-roots": Message(
        "others than root can write in {folder}, so the key of a certificate is not put there",
        "Take that folder away or give it to root alone ('chown root:root' and 'chmod 755'), and run again",
    ),
    "edited-meanwhile": Message("{file} was edited by someone else during this run", "Run again"),
    "changed-meanwhile": Message("{subject} was changed by someone else during this run", "Run again"),
    "cannot-rewrite": Message("{file} cannot be rewritten ({reason})", "Make room or make it writable, and run again"),
    "cannot-write": Message("{file} cannot be written ({reason})", "Make room or make it writable, and run again"),
    "no-inodes": Message(
        "{file} cannot be written: no inode is free on its file system",
        "Remove files that nobody needs from there ('df -i {folder}'), and run again",
    ),
    "cannot-remove": Message("{file} cannot be removed ({reason})", "Make it removable, and run again"),
    "edit-not-as-planned": Message(
        "the new {file} would differ from the former one by other lines than the planned ones; it is left as it was",
        "Report this to openstack-spice with the file's odd lines",
    ),
    "state-cannot-be-written": Message("{file} cannot be written", "Make room under {folder}, and run again"),
    "record-format": Message(
        "{file} is not a record of format {format}: it is damaged, or written by another version",
        "Use the version that wrote it, or restore the node by hand from that file",
    ),
    "record-of-bash": Message(
        "{file} is of format 1, which openstack-spice had while its program on the nodes was in bash",
        "Run 'openstack-spice revert {role}' on this node: the program that wrote it is there still, and puts back what it changed. "
        "Then run again",
    ),
    "record-damaged": Message("{file} is damaged: it is cut off, or was edited", "Restore the node by hand from that file, then remove it"),
    "record-kind-unknown": Message("{file} has kinds of change that this version does not know ({kinds})", "Use the version that wrote it"),
    "journal-damaged": Message("{file} is damaged: a line is no entry", "Restore the node by hand from that file, then remove it"),
    "cannot-tell": Message("the node does not report {subject}: {reason}", "Mend that, and run again"),
}
