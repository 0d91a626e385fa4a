"""Rulesets as operators have them, and what the oracle is to say of each: for `test_firewall_oracle_answers.py`.

What they are made of is from public reports and files.
"""

from firewall_cases_iptables import IPTABLES
from firewall_cases_node import DEVICES
from firewall_cases_rules import RULES
from firewall_cases_vendors import VENDORS

CASES = RULES + DEVICES + IPTABLES + VENDORS
