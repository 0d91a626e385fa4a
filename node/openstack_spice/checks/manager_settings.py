"""The settings of other tools for what the document declares.

Sources: puppet-nova's manifests, kolla-ansible's globals.yml, openstack-ansible-os_nova's defaults, the nova-cloud-controller
charm's config.yaml, cookbook openstack-compute's attributes.
"""

from ..document.desired import Desired
from ..state.paths import NOVA_CONF


def settings_of(manager: str, role: str, desired: Desired) -> str:
    """What gives the same result in that tool, in words."""
    if manager == "puppet":
        return _of_puppet(role, desired)
    if manager == "chef":
        return "node['openstack']['compute']['console_type'] = 'spice' (cookbook openstack-compute; other cookbooks: %s)" % (
            options_in_words(desired)
        )
    if manager == "juju":
        return "'juju config nova-cloud-controller console-access-protocol=spice'"
    if manager == "kolla":
        return "nova_console: \"spice\" in globals.yml, and 'kolla-ansible reconfigure'"
    if manager == "openstack-ansible":
        return (
            "nova_console_type_mapping: {x86_64: spice} and nova_spice_html5proxy_base_url in user_variables.yml, "
            "and the playbook os-nova-install.yml"
        )
    if manager == "tripleo":
        return "it has no SPICE. Take the node out"
    if manager == "snap":
        return "SPICE is its only console already. Take the node out"
    if manager == "pacemaker":
        return "'pcs resource unmanage' (or crm) for that resource while this runs, after which it is not refused"
    return "%s, in what writes %s" % (options_in_words(desired), NOVA_CONF)


def _of_puppet(role: str, desired: Desired) -> str:
    if role == "controller":
        return "class nova::spicehtml5proxy, in Hiera nova::spicehtml5proxy::host: '%s' and nova::spicehtml5proxy::port: '%s'" % (
            desired.declared("spice/html5proxy_host", "0.0.0.0"),
            desired.declared("spice/html5proxy_port", "6082"),
        )
    if role == "compute":
        return (
            "class nova::compute::spice, in Hiera nova::compute::spice_enabled: true, nova::compute::vnc_enabled: false "
            "(puppet-nova has no 'both'), nova::compute::spice::html5proxy_base_url: '%s', "
            "nova::compute::spice::server_listen: '%s' and nova::compute::spice::server_proxyclient_address: '%s'"
            % (
                desired.declared("spice/html5proxy_base_url", ""),
                desired.declared("spice/server_listen", ""),
                desired.declared("spice/server_proxyclient_address", ""),
            )
        )
    return "in Hiera nova::vncproxy::enabled: false"


def options_in_words(desired: Desired) -> str:
    """The declared options, as people write them."""
    words = ["[%s] %s = %s" % (tuple(option.split("/", 1)) + (value,)) for option, value in desired.options.items()]
    return ", ".join(words) or "nova-novncproxy stopped and disabled"
