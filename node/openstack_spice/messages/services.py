"""About services, what they read, and what they are at."""

from typing import Mapping

from .message import Message

_BRING_UP = "Bring it up first; {log} has the cause where it does not start"
_MEND_QUEUE = "Mend that first; {log} has the cause"

MESSAGES: Mapping[str, Message] = {
    "service-failed": Message("{unit} {fact}", "The former state is put back; mend the cause that its last words name, and run again"),
    "systemctl-could-not": Message("systemctl could not {verb} {unit}", "Try 'systemctl status {unit}' on the node"),
    "unit-not-enabled": Message("systemctl could not make {unit} {state}", "Try 'systemctl status {unit}' on the node"),
    "unit-not-stopped": Message("{unit} could not be stopped", "Try 'systemctl status {unit}' on the node"),
    "unit-does-not-stop": Message(
        "{unit} has not stopped {seconds} s after 'systemctl {verb}': its old process still runs (TimeoutStopUSec={limit})",
        "See what it is at, then run again",
    ),
    "unit-never-ready": Message(
        "{unit} does its work, but never notifies systemd that it is ready (Type=notify), so that systemd ends it after {limit}, again and "
        "again",
        "Nova 34 on native threads does so: give the unit Type=simple in a drop-in of your own, or an oslo.service that does",
    ),
    "unit-masked": Message("{unit} is masked: someone switched it off on purpose", "'systemctl unmask {unit}' if it may run again"),
    "units-not-read": Message("'systemctl daemon-reload' failed, or gave no answer in {seconds} s", "Try it on the node, and run again"),
    "probe-as-root": Message(
        "{unit} runs as root, and reads {path}, which others can change: what they write there would be read as root here too",
        "Make it root's alone, with the folders that it is in, or give the unit a User=",
    ),
    "unit-user-unknown": Message("{unit} runs as the user {user}, whom this node does not know", "Mend the unit's User=, and run again"),
    "oslo-cannot-read": Message("oslo.config cannot read what {unit} would read: {reason}", "Mend that, and run again"),
    "options-not-in-force": Message(
        "another configuration file or an OS_ variable of {unit} wins over {file} (named above)", "Take the option out of it"
    ),
    "options-not-reported": Message(
        "the node's oslo.config does not report what {unit} reads ({reason})",
        "See that '{python} -c \"import oslo_config\"' works, and run again",
    ),
    "queue-service-down": Message(
        "{unit} does not run (it is {activity}), so nothing could show whether it lives with new settings", _BRING_UP
    ),
    "queue-not-read": Message("the node's oslo.config cannot read what {unit} reads (see above)", "Mend that, and run again"),
    "queue-not-connected": Message("{unit} has no connection to {queue}, and would not come up again", _MEND_QUEUE),
    "hypervisor-not-libvirt": Message(
        "this compute's hypervisor is not libvirt ([DEFAULT] compute_driver = {driver})",
        "Only libvirt with QEMU or KVM can do SPICE: take the node out",
    ),
    "guests-without-spice-type": Message(
        "guests of this compute are {name} ([libvirt] virt_type = {type}), which has no SPICE",
        "Only kvm and qemu have: take the node out",
    ),
    "virsh-missing": Message(
        "virsh is not installed: this does not look like a libvirt compute, and only libvirt with QEMU or KVM can do SPICE",
        "Install libvirt's clients, or take the node out",
    ),
    "libvirt-silent": Message("libvirt does not answer 'virsh domcapabilities'", "Start libvirtd, and run again"),
    "qemu-without-spice-there": Message(
        "QEMU on this node has no SPICE (virsh domcapabilities lists no spice graphics): {platform} build QEMU without it",
        "Two ways out: install a QEMU and a libvirt that are built with SPICE from another repository, or take the node out and leave "
        "its guests on VNC",
    ),
    "qemu-without-spice": Message(
        "QEMU on this node has no SPICE (virsh domcapabilities lists no spice graphics)",
        "Install a QEMU built with SPICE, or take the node out",
    ),
    "secure-channels": Message(
        "requireSecure is declared, but {file} has no 'spice_tls = 1': libvirt would start no guest",
        "Set it there, with certificates in spice_tls_x509_cert_dir, or take requireSecure out",
    ),
    "console-loss": Message(
        "vnc is Off, but running guests have no SPICE yet and would lose their console: {guests}",
        "Converge with vnc Alongside, hard-reboot them ('openstack server reboot --hard ID'), then switch VNC off; or set "
        "acceptConsoleLoss",
    ),
    "busy": Message(
        "postponed: after {seconds} s the node is still busy: {work}",
        "Nothing was changed; the next 'pulumi up' goes on with this node",
    ),
    "nova-api-refuses": Message(
        "Nova's API cannot be asked with the credentials of [{section}], which novaApiCredentials names: {reason}",
        "Name a section whose user may list all servers and migrations, as with the role admin, or leave novaApiCredentials out",
    ),
    "nova-api-not-asked": Message(
        "Nova's API could not be asked: {reason}",
        "See that '{python} -c \"import keystoneauth1\"' works, or leave novaApiCredentials out",
    ),
}
