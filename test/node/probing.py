"""Runs probes as they are, byte for byte, by an interpreter that has oslo.config and keystoneauth1."""

import os
import subprocess
import sys

import pytest
from openstack_spice.services.probes import isolation
from openstack_spice.system.commands import Result
from openstack_spice.system.own import own_text


def python_with_oslo():
    """An interpreter that has oslo.config: this one, where it has. The one named by OSLO_PYTHON has to: without, its tests fail."""
    python = os.environ.get("OSLO_PYTHON")
    if python:
        return python
    imports = "import keystoneauth1, oslo_config"
    found = subprocess.run([sys.executable] + isolation(sys.executable) + ["-c", imports], stderr=subprocess.DEVNULL).returncode == 0
    return sys.executable if found else None


PYTHON = python_with_oslo()
# For a probe that imports nothing but the standard library.
ANY_PYTHON = PYTHON or sys.executable
needs_oslo = pytest.mark.skipif(
    PYTHON is None, reason="this Python has no oslo.config and keystoneauth1: pip install them, or name one that has in OSLO_PYTHON"
)


def since_stein():
    """Whether that oslo.config reads OS_ variables, and knows where a value comes from: both came with Stein."""
    asked = "from oslo_config import cfg; print(hasattr(cfg.ConfigOpts, 'get_location'))"
    return subprocess.check_output([PYTHON] + isolation(PYTHON) + ["-W", "ignore", "-c", asked]) == b"True\n"


def is_python_3():
    """Whether that interpreter is one."""
    return subprocess.call([PYTHON, "-c", "import sys; sys.exit(sys.version_info[0] != 3)"]) == 0


def probe(name, arguments, stdin=b"", environment=(), pass_fds=(), before="", warnings="ignore"):
    """What the probe answers; `before` is run in front of it. Warnings are ignored, as on a node, unless a test wants others."""
    variables = dict({"PATH": os.environ["PATH"], "LC_ALL": "C"}, **dict(environment))
    run = subprocess.run(
        [ANY_PYTHON] + isolation(ANY_PYTHON) + ["-W", warnings, "-c", before + own_text("probes/%s.py" % name)] + list(arguments),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=variables,
        pass_fds=pass_fds,
        timeout=60,
    )
    return Result(run.returncode, run.stdout, run.stderr)
