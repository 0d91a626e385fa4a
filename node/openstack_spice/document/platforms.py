"""What each distribution calls things: the one table, for the program and for the reference page (`npm run docs`).

Sources: Debian's packages; RDO's spec files, mitaka-rdo to caracal-rdo; packages.ubuntu.com; puppet-nova. RDO's oslo.config
read nova-dist.conf by itself until Wallaby (its commit 6cd4ab6).
"""

from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

RHEL_LIKES = ("rhel", "centos", "rocky", "almalinux", "ol")


class Platform(NamedTuple):
    """A distribution's names for what the program has to do with."""

    name: str  # as people call it
    ids: Tuple[str, ...]  # ID= of /etc/os-release
    version: str  # VERSION_ID=, or how it begins
    # proven: the tests run it with its own packages; modelled: with its real tools on packages that stand in for its own;
    # from sources: read in its packages or their specs, not run
    proof: str
    tool: str  # what installs packages there: apt, dnf, yum
    nova_package: str  # whose version is Nova's
    proxy_package: str  # the SPICE proxy, always in the version of the installed Nova
    web_client_from: str  # who has the package of the web client; `nobody`: no repository of the platform
    qemu_spice: str  # how QEMU comes by SPICE: `built in`, a package, or `none`
    spice_unit: str
    novnc_unit: str
    compute_unit: str
    other_units: Tuple[str, ...] = ()  # come with the proxy, asked for by nobody
    proxy_type_file: str = ""  # the shell file by which Debian's init scripts choose the one proxy that starts
    config: Tuple[str, ...] = ("/etc/nova/nova.conf",)  # what the services read, the last one wins (a nova.conf.d can win over them)


_CENTOS_7 = Platform(
    name="CentOS 7",
    ids=("centos", "rhel"),
    version="7",
    proof="modelled",
    tool="yum",
    nova_package="openstack-nova-common",
    proxy_package="openstack-nova-spicehtml5proxy",
    web_client_from="EPEL 7",
    qemu_spice="built in",
    spice_unit="openstack-nova-spicehtml5proxy",
    novnc_unit="openstack-nova-novncproxy",
    compute_unit="openstack-nova-compute",
    config=("/usr/share/nova/nova-dist.conf", "/etc/nova/nova.conf"),
)

_RHEL_8 = _CENTOS_7._replace(
    name="RHEL 8 and its likes", ids=RHEL_LIKES, version="8", proof="from sources", tool="dnf", web_client_from="nobody"
)

_RHEL_9 = _RHEL_8._replace(name="RHEL 9 and its likes", version="9", proof="modelled", qemu_spice="none", config=("/etc/nova/nova.conf",))

_DEBIAN_12 = Platform(
    name="Debian 12",
    ids=("debian",),
    version="12",
    proof="proven",
    tool="apt",
    nova_package="nova-common",
    proxy_package="nova-consoleproxy",
    web_client_from="Debian",
    qemu_spice="built in",
    spice_unit="nova-spicehtml5proxy",
    novnc_unit="nova-novncproxy",
    compute_unit="nova-compute",
    other_units=("nova-novncproxy", "nova-serialproxy"),
    proxy_type_file="/etc/default/nova-consoleproxy",
)

_UBUNTU_22 = _DEBIAN_12._replace(
    name="Ubuntu 22.04",
    ids=("ubuntu",),
    version="22.04",
    proof="from sources",
    proxy_package="nova-spiceproxy",
    web_client_from="Ubuntu",
    spice_unit="nova-spiceproxy",
    other_units=(),
    proxy_type_file="",
)

# A platform is what differs from the one before it.
PLATFORMS: Tuple[Platform, ...] = (
    _CENTOS_7,
    _RHEL_8,
    _RHEL_9,
    _RHEL_9._replace(name="RHEL 10 and its likes", version="10", proof="from sources"),
    _DEBIAN_12,
    _DEBIAN_12._replace(name="Debian 13", version="13", proof="from sources", qemu_spice="qemu-system-modules-spice"),
    _UBUNTU_22,
    _UBUNTU_22._replace(name="Ubuntu 24.04", version="24.04", qemu_spice="qemu-system-modules-spice"),
)


def find_platform(os_release: bytes) -> Optional[Platform]:
    """The platform of a node, by the text of its /etc/os-release; None where it is none that is known."""
    fields: Dict[str, str] = {}
    for line in os_release.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("=")
        fields[name] = value.strip().strip("\"'")
    this, version = fields.get("ID", ""), fields.get("VERSION_ID", "")
    for platform in PLATFORMS:
        if this in platform.ids and (version == platform.version or version.startswith(platform.version + ".")):
            return platform
    return None


def described(os_release: bytes) -> str:
    """`ID VERSION_ID` of /etc/os-release, for the message about a platform that is not known."""
    words = []
    for name in ("ID", "VERSION_ID"):
        found = [line.partition("=")[2] for line in os_release.decode("utf-8", "replace").splitlines() if line.startswith(name + "=")]
        words.append(found[-1].strip().strip("\"'") if found else "")
    return " ".join(words)


_TUPLES = ("ids", "other_units", "config")


def to_record(platform: Platform) -> Mapping[str, str]:
    """The platform as words, for the record: a node that is upgraded to a platform that is not known can still be put back."""
    words: Dict[str, str] = {}
    for name, value in platform._asdict().items():
        words[name] = " ".join(value) if isinstance(value, tuple) else str(value)
    return words


def from_record(words: Mapping[str, str]) -> Optional[Platform]:
    """The inverse of :func:`to_record`; None where the record has none."""
    if not set(Platform._fields) <= set(words):
        return None
    values: Dict[str, Any] = {}
    for name in Platform._fields:
        values[name] = tuple(words[name].split()) if name in _TUPLES else words[name]
    return Platform(**values)
