"""A message of the catalogue."""

from typing import Any, Mapping, NamedTuple


class Message(NamedTuple):
    """What stops a run."""

    cause: str  # the fact, without a full stop
    remedy: str = ""  # what to do, without a full stop

    def text(self, facts: Mapping[str, Any]) -> str:
        """Cause and remedy with the facts in their places."""
        cause = self.cause.format(**facts)
        return cause + ". " + self.remedy.format(**facts) if self.remedy else cause
