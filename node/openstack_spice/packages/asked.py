"""What this part asks of others, which build on it themselves."""

from typing import TYPE_CHECKING, Dict, Sequence

if TYPE_CHECKING:  # typing has it from Python 3.8 on, and nothing of it is there at run time
    from typing import Protocol  # novm

    class AsksNova(Protocol):
        """Gives values of nova.conf."""

        def option(self, section: str, option: str, default: str) -> str:
            """The value in force."""

    class AsksUnits(Protocol):
        """Gives the state of units."""

        before: Dict[str, str]

        def forget(self) -> None:
            """Asks anew from here on, as after an installation."""

        def state(self, unit: str) -> str:
            """Such as `enabled active`."""

        def show(self, unit: str, name: str) -> str:
            """A property."""

    class AsksGuests(Protocol):
        """Gives the guests of a compute."""

        def guests_with_spice(self) -> Sequence[str]:
            """Those that have SPICE, running or not. Raises CannotTell."""
