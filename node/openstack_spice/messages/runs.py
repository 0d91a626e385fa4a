"""About runs: locks, the transaction, the way back."""

from typing import Mapping

from .message import Message

MESSAGES: Mapping[str, Message] = {}
