"""About other tools that manage Nova on the node."""

from typing import Mapping

from .message import Message

_HANDS = "ake Nova on this node out of its hands, and set ignoreConfigurationManagement: [{manager}]"

MESSAGES: Mapping[str, Message] = {
    "manager": Message(
        "{title} manages Nova on this node ({evidence}), and would undo what is changed here. For the same result there: {settings}",
        "Or t" + _HANDS,
    ),
    "manager-unclear": Message(
        "whether {title} manages Nova on this node is unknown, since the node does not report {subject}: {reason}",
        "Mend that, and run again; or t" + _HANDS,
    ),
}
