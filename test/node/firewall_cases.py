"""Rulesets as operators have them, and what the oracle is to say of each: for `test_firewall_oracle_answers.py`.

What they are made of is from public reports and files.
"""

import os
import random

from firewall_cases_iptables import IPTABLES
from firewall_cases_node import DEVICES
from firewall_cases_rules import RULES
from firewall_cases_vendors import VENDORS

CASES = RULES + DEVICES + IPTABLES + VENDORS


def chosen():
    """The cases of this run: all of them, or as many as OPENSTACK_SPICE_RULESETS says, by the seed OPENSTACK_SPICE_SEED."""
    number = os.environ.get("OPENSTACK_SPICE_RULESETS", "all")
    if number == "all":
        return CASES
    return random.Random(int(os.environ.get("OPENSTACK_SPICE_SEED", "0"))).sample(CASES, min(int(number), len(CASES)))
