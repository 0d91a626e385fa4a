"""The catalogue of messages that stop a run: each has an id, a cause and a remedy. The reference page is made from it.

One file a concern; each has MESSAGES, a mapping from id to Message. Texts have places such as `{file}` for facts.
"""

from typing import Dict, Mapping

from ..errors import Stop
from . import checks, document, files, firewall, managers, packages, runs, services, transport
from .message import Message


def catalogue() -> Mapping[str, Message]:
    """All messages by their ids."""
    messages: Dict[str, Message] = {}
    for module in (checks, document, files, firewall, managers, packages, runs, services, transport):
        messages.update(module.MESSAGES)
    return messages


def text_of(stop: Stop) -> str:
    """A message with its facts, as the operator reads it: cause and remedy."""
    return catalogue()[stop.message].text(stop.facts)
