"""Keys of nova.conf that Nova does not read any more, or that are better gone."""

from typing import List, Mapping, NamedTuple, Tuple

from .ini import Ini


class ObsoleteOption(NamedTuple):
    """A row of the table."""

    role: str  # of the nodes whose service read it
    option: str  # section/option
    since: int  # the first release of Nova in which it is obsolete
    beside: str  # the option beside which it is obsolete; empty: in any case
    why: str


OBSOLETE_OPTIONS: Tuple[ObsoleteOption, ...] = (
    ObsoleteOption("controller", "DEFAULT/spicehtml5proxy_host", 13, "", "[spice] html5proxy_host since 2014"),
    ObsoleteOption("controller", "DEFAULT/spicehtml5proxy_port", 13, "", "[spice] html5proxy_port since 2014"),
    ObsoleteOption("controller", "spice/ssl_only", 13, "", "it is [DEFAULT] ssl_only"),
    ObsoleteOption(
        "controller",
        "DEFAULT/console_allowed_origins",
        15,
        "console/allowed_origins",
        "[console] allowed_origins stands beside it, and wins",
    ),
    ObsoleteOption("controller", "workarounds/enable_consoleauth", 20, "", "gone in 20.0.0, with nova-consoleauth"),
    ObsoleteOption("controller", "vnc/xvpvncproxy_host", 21, "", "gone in 21.0.0, with nova-xvpvncproxy"),
    ObsoleteOption("controller", "vnc/xvpvncproxy_port", 21, "", "gone in 21.0.0, with nova-xvpvncproxy"),
    ObsoleteOption("compute", "DEFAULT/spicehtml5proxy_base_url", 13, "", "[spice] html5proxy_base_url since 2014"),
    ObsoleteOption("compute", "DEFAULT/vnc_enabled", 13, "vnc/enabled", "[vnc] enabled stands beside it, and wins"),
    ObsoleteOption(
        "compute", "DEFAULT/console_token_ttl", 18, "consoleauth/token_ttl", "[consoleauth] token_ttl stands beside it, and wins"
    ),
    ObsoleteOption("compute", "spice/keymap", 18, "", "spoils other keyboards than its own, and gone in 22.0.0"),
    ObsoleteOption("compute", "vnc/keymap", 18, "", "spoils other keyboards than its own, and gone in 22.0.0"),
    ObsoleteOption("compute", "DEFAULT/vnc_keymap", 22, "", "gone in 22.0.0"),
    ObsoleteOption("compute", "vnc/xvpvncproxy_base_url", 21, "", "gone in 21.0.0, with nova-xvpvncproxy"),
    ObsoleteOption("compute", "libvirt/use_usb_tablet", 23, "", "gone in 23.0.0: [DEFAULT] pointer_model"),
    ObsoleteOption("compute", "vnc/vncserver_listen", 17, "vnc/server_listen", "[vnc] server_listen stands beside it, and wins"),
    ObsoleteOption("compute", "vnc/vncserver_listen", 25, "", "gone in 25.0.0: [vnc] server_listen"),
    ObsoleteOption(
        "compute",
        "vnc/vncserver_proxyclient_address",
        17,
        "vnc/server_proxyclient_address",
        "[vnc] server_proxyclient_address stands beside it, and wins",
    ),
    ObsoleteOption("compute", "vnc/vncserver_proxyclient_address", 25, "", "gone in 25.0.0: [vnc] server_proxyclient_address"),
    ObsoleteOption("compute", "DEFAULT/vncserver_listen", 25, "", "gone in 25.0.0: [vnc] server_listen"),
    ObsoleteOption("compute", "DEFAULT/vncserver_proxyclient_address", 25, "", "gone in 25.0.0: [vnc] server_proxyclient_address"),
)


def find_obsolete_options(data: bytes, role: str, release: int, declared: Mapping[str, str]) -> List[ObsoleteOption]:
    """Those that stand in nova.conf, each option once.

    :param data: nova.conf
    :param release: Nova's
    :param declared: the options that the document declares: these are nobody's obsolete options, and count as being there
    """
    ini = Ini(data)
    found: List[ObsoleteOption] = []
    for key in OBSOLETE_OPTIONS:
        if key.role != role or release < key.since or key.option in declared or any(other.option == key.option for other in found):
            continue
        if _is_there(ini, key.option) and (not key.beside or key.beside in declared or _is_there(ini, key.beside)):
            found.append(key)
    return found


def _is_there(ini: Ini, option: str) -> bool:
    section, name = option.split("/", 1)
    return ini.definition(section, name) is not None
