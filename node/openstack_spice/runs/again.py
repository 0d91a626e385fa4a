"""Steps at the end of a run, when the node is as it should be."""

from typing import Callable

from ..errors import CannotTell, Failed


def twice(step: Callable[[], None]) -> None:
    """Takes a step that can be taken again, once more where it fails: what is left to do is no reason to call all that was done before a
    failure, before it was tried again. Raises Failed, CannotTell."""
    try:
        step()
    except (Failed, CannotTell):
        step()
