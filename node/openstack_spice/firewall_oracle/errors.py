"""Why a question has no answer."""


class CannotTell(Exception):
    """The copy would not be exact, or cannot be had.

    :param construct: what is the reason, in words for an operator, one line
    """

    def __init__(self, construct: str) -> None:
        super().__init__(construct)
        self.construct = construct
