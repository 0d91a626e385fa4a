"""Stands in for the program that loads boot files apart (firewall_oracle/proof.py), for tests that have no kernel."""

import base64
import json

from openstack_spice.firewall.nft_parser import chains_of
from openstack_spice.firewall.nft_tokens import words_of


class FakeProof:
    """Answers for files that hold a chain of nftables, or are as iptables-save writes them.

    :param files: the node's
    :ivar reason: why nothing can be loaded or proven; nothing where it can
    :ivar asked: what was asked for, `listing` or `proof`, each time
    """

    def __init__(self, files):
        self._files = files
        self.reason = ""
        self.asked = []

    def __call__(self, _words, stdin):
        request = json.loads(stdin.decode())
        self.asked.append("proof" if "new" in request else "listing")
        if self.reason:
            return json.dumps({"reason": self.reason, "does not load": True})
        texts = {path: base64.b64decode(text).decode() for path, text in request.get("new", request["former"]).items()}
        texts = [texts[path] if path in texts else self._files.text(path) for path in request["roots"]]
        listing = "".join(map(_listed, texts)) if request["tool"] == "nft" else "".join(texts)
        indexes = [_index(listing, rule) for _, rule in request.get("added", ())]
        return json.dumps({"listing": listing, "indexes": indexes, "answers": []})


def _listed(text):
    """The text as `nft -a list ruleset` has it."""
    policy = "drop" if "policy drop" in text else "accept"
    listing = ""
    for name, chain in chains_of(text, "", lambda _: []).items():
        family, table, chain_name = name.split(" ")
        rules = "".join("\t\t%s # handle %d\n" % (" ".join(one.words), number) for number, one in enumerate(chain.statements, 2))
        begin = "table %s %s {\n\tchain %s {\n\t\ttype filter hook input priority 0; policy %s;\n"
        listing += begin % (family, table, chain_name, policy) + rules + "\t}\n}\n"
    return listing


def _index(listing, rule):
    rules = [line for line in listing.split("\n") if line.startswith("-A INPUT ") or " # handle " in line]
    return next(number for number, line in enumerate(rules) if " ".join(words_of(rule)) in line)
