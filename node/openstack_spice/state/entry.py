"""One change, as the journal and the record have it."""

from typing import NamedTuple, Tuple


class Entry(NamedTuple):
    """A change from one state to another. States are words that the change's kind gives a meaning."""

    kind: str  # such as `option`
    where: str  # such as a file
    what: str  # such as `spice/enabled`, or `-`
    former: str  # the state before
    written: str  # the state that we made

    @property
    def key(self) -> Tuple[str, str, str]:
        """What the change is of."""
        return self.kind, self.where, self.what

    @property
    def reversed(self) -> "Entry":
        """The change back."""
        return self._replace(former=self.written, written=self.former)
