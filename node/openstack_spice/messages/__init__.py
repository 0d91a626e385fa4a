"""The catalogue of messages: those that stop a run, and warnings. Each has an id and a cause, and most have a
remedy. The reference pages are made from it.

One file a concern; each has MESSAGES, a mapping from id to Message. Texts have places such as `{file}` for facts.
"""

from typing import Any, Dict, Mapping

from ..errors import Stop
from . import checks, document, files, firewall, managers, packages, runs, services, transport, warnings
from .message import Message


def catalogue() -> Mapping[str, Message]:
    """All messages by their ids."""
    messages: Dict[str, Message] = {}
    for module in (checks, document, files, firewall, managers, packages, runs, services, transport, warnings):
        messages.update(module.MESSAGES)
    return messages


def text_of(stop: Stop) -> str:
    """A message with its facts, as the operator reads it: cause and remedy."""
    return text_of_message(stop.message, stop.facts)


def text_of_message(message: str, facts: Mapping[str, Any]) -> str:
    """A message by its id, with facts in its places."""
    return catalogue()[message].text(facts)
