"""The table of platforms: a node is found in it."""

from openstack_spice.document.platforms import PLATFORMS, find_platform, from_record, to_record


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
