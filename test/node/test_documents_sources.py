"""The sources of a document: CIDR blocks, and nothing that a rule or a script would read otherwise (the trial's rows D19 and D27)."""

import pytest
from openstack_spice.document.desired import read_document
from openstack_spice.errors import BadDocument

DOCUMENT = "controller = control-1\nowner = acme/openstack-spice/lab\nfirewall = managed\n%s\n"


def sources(line):
    return read_document((DOCUMENT % line).encode("ascii"), "node").allow_from


@pytest.mark.parametrize(
    "written, block",
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        # As the kernel lists them: another spelling would be another rule at each run.
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:0DB8:0::/32", "2001:db8::/32"),
        ("0064:ff9b::192.0.2.0/120", "64:ff9b::c000:200/120"),
    ],
)
def test_a_block_has_one_form(written, block):
    assert sources("allow-from = " + written) == (block,)
    assert sources("console-ports = 5900-5999 " + written) == (block,)


@pytest.mark.parametrize(
    "text, message",
    [
        ("$(touch /run/taken)", "document-source-malformed"),
        ("192.0.2.0/24;touch", "document-source-malformed"),
        ("fe80::%$(touch$IFS/run/taken)/128", "document-source-malformed"),
        ("fe80::%x;drop/64", "document-source-malformed"),
        ("192.0.2.1/24", "document-source-malformed"),
        ("010.0.0.0/8", "document-source-malformed"),
        ("10.0.00.0/8", "document-source-malformed"),
        ("10.0.0.08/32", "document-source-malformed"),
        ("255.0.0.0/255.00.0.0", "document-source-malformed"),
        ("::010.0.0.0/128", "document-source-malformed"),
        ("::ffff:192.0.2.0/120", "document-source-mapped"),
        ("::ffff:c000:200/120", "document-source-mapped"),
    ],
)
def test_what_is_no_block_is_refused(text, message):
    for line in ("allow-from = " + text, "console-ports = 5900-5999 " + text):
        with pytest.raises(BadDocument) as stop:
            sources(line)
        assert stop.value.message == message
