"""Where the node program is; and no generated case is timed, since three Pythons can share a machine with other work."""

import pathlib
import re
import sys

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "node"))
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# These files load rules: they are the tier `kernel` of tools/test.sh.
KERNEL = re.compile(r"test_(.*_in_the_kernel|firewall_(oracle.*|boot_proof|field_cases))\.py$")


def pytest_collection_modifyitems(items):
    """Marks the tests that need a kernel's firewall."""
    for item in items:
        if KERNEL.match(item.path.name if hasattr(item, "path") else item.fspath.basename):
            item.add_marker(pytest.mark.kernel)
