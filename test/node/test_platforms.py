"""The table of platforms: it is that of the program in bash, and a node is found in it."""

import os
import re

import pytest
from openstack_spice.document.platforms import PLATFORMS, RHEL_LIKES, find_platform, from_record, to_record

BASH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "host", "program", "18-platforms.sh")
DEFAULTS = {"other-units": "", "proxy-type-file": ""}  # what a paragraph does not give is nothing


def paragraphs():
    with open(BASH, encoding="ascii") as file:
        table = re.search(r"^readonly PLATFORMS='\n(.*?)'$", file.read(), re.MULTILINE | re.DOTALL).group(1)
    for paragraph in table.strip().split("\n\n"):
        row = dict(DEFAULTS, **dict(line.split(" = ", 1) for line in paragraph.split("\n")))
        if row["ids"] == "rhel-like":
            row["ids"] = " ".join(RHEL_LIKES)
        yield row


@pytest.mark.skipif(not os.path.exists(BASH), reason="the program in bash is gone")
def test_the_table_is_that_of_the_program_in_bash():
    assert [{name.replace("_", "-"): word for name, word in to_record(row).items()} for row in PLATFORMS] == list(paragraphs())


def test_a_node_is_found_by_its_os_release():
    found = {
        "ID=debian\nVERSION_ID='12'\n": "Debian 12",
        'ID="rocky"\nVERSION_ID="9.4"\n': "RHEL 9 and its likes",
        'ID="centos"\nVERSION_ID="7"\n': "CentOS 7",
        "ID=ubuntu\nVERSION_ID=22.04\n": "Ubuntu 22.04",
        "ID=debian\nVERSION_ID=11\n": None,
        "ID=rocky\nVERSION_ID=90\n": None,
        "": None,
    }
    for text, name in found.items():
        platform = find_platform(text.encode("ascii"))
        assert (platform and platform.name) == name


def test_a_platform_comes_back_from_a_record():
    for platform in PLATFORMS:
        assert from_record(to_record(platform)) == platform
    assert from_record({}) is None
