# shellcheck shell=bash
# What each distribution calls things: the one table, for the program and for the README (`npm run docs`).
# A paragraph for each platform, lines `key = value`; what is not given is nothing:
#
#   name, ids, version  as people call it; ID=, and VERSION_ID= or how it begins, of /etc/os-release. ids `rhel-like`: RHEL and
#                       what is built from it
#   proof               proven: the tests run it with its own packages; modelled: with its real tools on packages that stand in
#                       for its own; from sources: read in its packages or their specs, not run
#   tool                what installs packages there
#   nova-package        whose version is Nova's
#   proxy-package       the SPICE proxy, always in the version of the installed Nova
#   web-client-from     who has the package of the web client, spice-html5; `nobody`: no repository of the platform
#   qemu-spice          how QEMU comes by SPICE: `built in`, a package, or `none`
#   spice-unit, novnc-unit, compute-unit, other-units   services; the other ones come with the proxy, asked for by nobody
#   proxy-type-file     the shell file by which Debian's init scripts choose the one proxy that starts
#   config              what the services read, the last one wins (a nova.conf.d can win over them)
#
# Sources: Debian's packages; RDO's spec files, mitaka-rdo to caracal-rdo; packages.ubuntu.com; puppet-nova.
# RDO's oslo.config read nova-dist.conf by itself until Wallaby (its commit 6cd4ab6).
readonly PLATFORMS='
name = CentOS 7
ids = centos rhel
version = 7
proof = modelled
tool = yum
nova-package = openstack-nova-common
proxy-package = openstack-nova-spicehtml5proxy
web-client-from = EPEL 7
qemu-spice = built in
spice-unit = openstack-nova-spicehtml5proxy
novnc-unit = openstack-nova-novncproxy
compute-unit = openstack-nova-compute
config = /usr/share/nova/nova-dist.conf /etc/nova/nova.conf

name = RHEL 8 and its likes
ids = rhel-like
version = 8
proof = from sources
tool = dnf
nova-package = openstack-nova-common
proxy-package = openstack-nova-spicehtml5proxy
web-client-from = nobody
qemu-spice = built in
spice-unit = openstack-nova-spicehtml5proxy
novnc-unit = openstack-nova-novncproxy
compute-unit = openstack-nova-compute
config = /usr/share/nova/nova-dist.conf /etc/nova/nova.conf

name = RHEL 9 and its likes
ids = rhel-like
version = 9
proof = modelled
tool = dnf
nova-package = openstack-nova-common
proxy-package = openstack-nova-spicehtml5proxy
web-client-from = nobody
qemu-spice = none
spice-unit = openstack-nova-spicehtml5proxy
novnc-unit = openstack-nova-novncproxy
compute-unit = openstack-nova-compute
config = /etc/nova/nova.conf

name = RHEL 10 and its likes
ids = rhel-like
version = 10
proof = from sources
tool = dnf
nova-package = openstack-nova-common
proxy-package = openstack-nova-spicehtml5proxy
web-client-from = nobody
qemu-spice = none
spice-unit = openstack-nova-spicehtml5proxy
novnc-unit = openstack-nova-novncproxy
compute-unit = openstack-nova-compute
config = /etc/nova/nova.conf

name = Debian 12
ids = debian
version = 12
proof = proven
tool = apt
nova-package = nova-common
proxy-package = nova-consoleproxy
web-client-from = Debian
qemu-spice = built in
spice-unit = nova-spicehtml5proxy
novnc-unit = nova-novncproxy
compute-unit = nova-compute
other-units = nova-novncproxy nova-serialproxy
proxy-type-file = /etc/default/nova-consoleproxy
config = /etc/nova/nova.conf

name = Debian 13
ids = debian
version = 13
proof = from sources
tool = apt
nova-package = nova-common
proxy-package = nova-consoleproxy
web-client-from = Debian
qemu-spice = qemu-system-modules-spice
spice-unit = nova-spicehtml5proxy
novnc-unit = nova-novncproxy
compute-unit = nova-compute
other-units = nova-novncproxy nova-serialproxy
proxy-type-file = /etc/default/nova-consoleproxy
config = /etc/nova/nova.conf

name = Ubuntu 22.04
ids = ubuntu
version = 22.04
proof = from sources
tool = apt
nova-package = nova-common
proxy-package = nova-spiceproxy
web-client-from = Ubuntu
qemu-spice = built in
spice-unit = nova-spiceproxy
novnc-unit = nova-novncproxy
compute-unit = nova-compute
config = /etc/nova/nova.conf

name = Ubuntu 24.04
ids = ubuntu
version = 24.04
proof = from sources
tool = apt
nova-package = nova-common
proxy-package = nova-spiceproxy
web-client-from = Ubuntu
qemu-spice = qemu-system-modules-spice
spice-unit = nova-spiceproxy
novnc-unit = nova-novncproxy
compute-unit = nova-compute
config = /etc/nova/nova.conf
'
