"""The table of platforms: a node is found in it."""

import pytest
from openstack_spice.document.platforms import PLATFORMS, find_platform, from_record, to_record


@pytest.mark.parametrize(
    "lines, name",
    [
        ("ID=debian\nVERSION_ID='12'\n", "Debian 12"),
        ('ID="rocky"\nVERSION_ID="9.4"\n', "RHEL 9 and its likes"),
        ('ID="centos"\nVERSION_ID="7"\n', "CentOS 7"),
        ("ID=rhel\nVERSION_ID=7.9\n", "CentOS 7"),
        ("ID=centos\nVERSION_ID=8\n", "RHEL 8 and its likes"),
        ("ID=almalinux\nVERSION_ID=10.1\n", "RHEL 10 and its likes"),
        ("ID=ubuntu\nVERSION_ID=22.04\n", "Ubuntu 22.04"),
        ("ID=ubuntu\nVERSION_ID=24.04\n", "Ubuntu 24.04"),
        ("ID=ubuntu\nVERSION_ID=24.10\n", None),
        ("ID=debian\nVERSION_ID=11\n", None),
        ("ID=debian\nVERSION_ID=\n", None),
        ("ID=rocky\nVERSION_ID=90\n", None),
        ("ID=fedora\nVERSION_ID=40\n", None),
        ("", None),
    ],
)
def test_a_node_is_found_by_its_os_release(lines, name):
    platform = find_platform(lines.encode("ascii"))
    assert (platform and platform.name) == name


def test_a_platform_comes_back_from_a_record():
    for platform in PLATFORMS:
        assert from_record(to_record(platform)) == platform
    assert from_record({}) is None
