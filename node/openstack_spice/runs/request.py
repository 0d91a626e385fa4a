"""What is asked of the program, and by whom."""

from typing import NamedTuple, Optional

from ..system.hold import Hold


class Request(NamedTuple):
    """One call of the program."""

    verb: str  # converge, check, revert or status
    role: str = ""  # of a revert; of a converge or check the document's
    document: bytes = b""  # what came on standard input
    uploaded: str = ""  # the program's copy in the login user's home, which goes with the record
    by: str = "root"  # who logged in, and from where, for the audit log
    node: str = ""  # the node's own name; a document has another one
    program: str = ""  # SHA-256 of this program
    held: Optional[Hold] = None  # this process's lock of its program, as of start.py
