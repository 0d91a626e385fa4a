"""The test build's way in: `openstack_spice/__main__.py` there. The program's own is beside it, as `shipped_main.py`."""

from typing import List

from openstack_spice.testing.start import start


def run(argv: List[str], digest: str, descriptor: int) -> int:
    """Runs the program as start.py asks for it. Gives the exit status."""
    return start(argv, digest, descriptor)
