"""The oracle's answers against real connections from outside: never wrong, and each "cannot tell" by name.

Each case has a node and somebody outside in network name spaces of their own (`firewall_world.py`). A few run at once.
`npm test` takes some of them, by its seed; `OPENSTACK_SPICE_RULESETS=all` takes all.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest
from firewall_cases import CASES, chosen
from openstack_spice.firewall_oracle.oracle import CANNOT_TELL, LET_IN, REFUSED

from test_firewall_oracle_copy import can_isolate

AT_ONCE = 4  # a case waits most of its time
HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="module")
def seen():
    """What became of each case, by its name."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([HERE] + sys.path))
    workers = []
    for place in range(AT_ONCE):
        command = [sys.executable, "-B", os.path.join(HERE, "firewall_world.py"), str(place), str(AT_ONCE)]
        workers.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, universal_newlines=True))
    found, errors = {}, ""
    for worker in workers:
        out, error = worker.communicate()
        errors += error
        for line in out.splitlines():
            name, let_in, kind, reason, is_partly_in, seconds = json.loads(line)
            found[name] = (let_in, kind, reason, is_partly_in, seconds)
    assert len(found) == len(chosen()), errors
    return found, errors


def missing(case):
    """A tool that the case needs and this machine does not have; nothing where all are there."""
    needs = ["ipset"] * bool(case.ipset) + ["iptables-legacy-restore"] * bool(case.legacy or case.legacy6)
    return ", ".join(name for name in needs if shutil.which(name) is None)


def test_names_are_one_of_a_kind():
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.skipif(not can_isolate(), reason="needs root, name spaces, nft and iptables")
@pytest.mark.parametrize("case", chosen(), ids=[case.name for case in chosen()])
def test_an_answer_is_what_a_connection_shows(case, seen):
    if missing(case):
        pytest.skip("needs %s. `npm test -- kernel` installs it" % missing(case))
    let_in, kind, reason, is_partly_in, _ = seen[0][case.name]
    assert let_in, seen[1]
    real = {is_in for _, _, is_in in let_in}
    if kind == LET_IN:
        assert real == {True}, let_in
    elif kind == REFUSED and is_partly_in:
        assert real == {True, False}, let_in
    elif kind == REFUSED:
        assert real == {False}, let_in
    says, _, text = case.says.partition(": ")
    expected = {"in": (LET_IN, False), "refused": (REFUSED, False), "partly": (REFUSED, True), "cannot tell": (CANNOT_TELL, is_partly_in)}
    assert (kind, is_partly_in) == expected[says], reason
    assert text in reason
