"""How a run ends, and the exceptions that end it."""

import enum
from typing import Any


class ExitStatus(enum.IntEnum):
    """The exit statuses of the program."""

    DONE = 0
    FAILED = 1  # something went wrong on the way; the node is as it was, or the message says what is not
    BAD_DOCUMENT = 2  # the desired state or the command line cannot be used
    REFUSED = 3  # a check did not pass; nothing was touched
    INTERRUPTED = 130
    TERMINATED = 143


class Stop(Exception):
    """Ends the run with a message of the catalogue (messages/), by its id.

    :param message: the id
    :param facts: what fills the message's places
    """

    status = ExitStatus.FAILED

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts
        self.is_reported = False  # to the operator


class Refused(Stop):
    """A check did not pass, and nothing was touched."""

    status = ExitStatus.REFUSED


class Failed(Stop):
    """Something went wrong on the way; an open transaction is undone."""

    status = ExitStatus.FAILED


class BadDocument(Stop):
    """What came on standard input, or the command line, cannot be used."""

    status = ExitStatus.BAD_DOCUMENT


class Terminated(BaseException):
    """A signal asks the run to end; no `except Exception` on the way catches it."""

    def __init__(self, status: ExitStatus) -> None:
        super().__init__(status)
        self.status = status


class CannotTell(Exception):
    """The node gave no answer to a question. It is never read as "is not there".

    Before the first write it refuses the run; in an undo it leaves the entry where it is recorded.

    :param subject: what was asked for, such as `service/nova-compute`
    :param reason: why there is no answer, one line
    """

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(subject, reason)
        self.subject = subject
        self.reason = reason


def place_of(error: BaseException) -> str:
    """Where in the program an error came up: file and line, and nothing that a value is in."""
    place = "?"
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        place = "%s:%d" % (name.rpartition("/openstack_spice/")[2], trace.tb_lineno)
        trace = trace.tb_next
    return place
