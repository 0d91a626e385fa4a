"""About what is looked at before the first write: room, ports, certificates, pages, and what waits for a restart."""

from typing import Mapping

from .message import Message

_PENDING = "'systemctl restart {unit}' when that suits you, then run again; or set acceptPendingChanges for this node"

MESSAGES: Mapping[str, Message] = {
    "space": Message("only {free} KiB are free in {folder}, {needed} are needed", "Make room, and run again"),
    "space-inodes": Message(
        "only {free} inodes are free in {folder}, {needed} are needed",
        "Remove files that nobody needs from its file system ('df -i {folder}'), and run again",
    ),
    "file-mounted": Message(
        "{file} is mounted by itself, and cannot be replaced in one step",
        "Mount its folder instead, or take the mount away for this run",
    ),
    "file-immutable": Message("{file} is immutable", "Someone wants it so: 'chattr -ia {file}' if it may change"),
    "file-read-only": Message("{file} cannot be written (a read-only file system?)", "Make it writable, and run again"),
    "port-held": Message("TCP {port} is held by another program: {command} (pid {pid}, on {address})", "Stop it, or choose another port"),
    "no-web-server": Message("there is no {unit} on this node, and restart-httpd of the recipe restarts it", "Take restart-httpd out"),
    "web-of-novnc": Message(
        "{unit} runs without --web, and would serve the SPICE client's pages with [DEFAULT] web in nova.conf",
        "Take web-in-nova-conf out of recipe",
    ),
    "web-without-page": Message(
        "{unit} would serve the pages in {folder}, where there is no spice_auto.html: {source}",
        "Take that out there (noVNC's proxy finds its own pages without it, or gets them by --web on its own command line), "
        "or declare webClient with a package and the folder of its spice_auto.html",
    ),
    "pending-packages": Message(
        "{unit} runs since {since}, and what it runs on is newer: {news}. Its restart here would start another Nova than the one that runs",
        _PENDING,
    ),
    "pending-files": Message(
        "{unit} runs since {since}, and someone changed what it reads since: {news}. Its restart here would bring that into force",
        _PENDING,
    ),
    "layers-win": Message(
        "what is declared would have no effect: {found}",
        "That wins over {file}: take it out of there, or declare the same value",
    ),
    "layers-unreadable": Message("oslo.config cannot read what {unit} would read: {reason}", "Mend that, and run again"),
    "tls-too-old": Message(
        "TLS is terminated at the load balancer, but Nova heeds X-Forwarded-Proto only from 18.2.0 on, "
        "so the proxy of Nova {version} would refuse every console",
        "Give the proxy a certificate too (tls)",
    ),
    "certificate": Message("{finding}"),
    "certificate-unseen": Message(
        "the certificate {certificate} could not be looked at: {reason}",
        "See that 'runuser -u nova -- {python} -c \"import ssl\"' works, and run again",
    ),
    "no-nova-group": Message(
        "there is no group nova on this node, which would read the certificate's key", "Install Nova on this node first"
    ),
}
