#!/bin/bash
# rpm-tools.sh: what a RHEL-like node is made of, into a Debian root that has Nova: real rpm, dnf and createrepo_c, and in
# /usr/src the files that RPMs are made from. Of Debian's Nova its Python code stays; its configuration, commands, units
# and user go, since RPMs bring theirs.
set -euo pipefail
apt-get -qq update
apt-get install -y -qq --no-install-recommends rpm dnf createrepo-c
mkdir -p /usr/src/clients /usr/src/nova
(cd /usr/src/clients && apt-get -qq download novnc spice-html5)
for package in /usr/src/clients/*.deb; do dpkg-deb -x "$package" /usr/src/clients; done
rm /usr/src/clients/*.deb
sed 's/^\([a-z]\)/#\1/' /usr/share/nova-common/nova.conf >/usr/src/nova/nova.conf
# a real controller's services have their cell's database
sed -i 's|^#connection = sqlite:.*/novadb$|connection = mysql+pymysql://lab:lab-password@control-1/nova|' /usr/src/nova/nova.conf
grep -q '^connection = mysql' /usr/src/nova/nova.conf
cp -r /etc/nova/rootwrap.conf /etc/nova/rootwrap.d /usr/bin/nova-rootwrap /usr/src/nova/
rm -rf /etc/nova /usr/share/nova-common /usr/bin/nova* /usr/share/man/man1/nova* /etc/logrotate.d/nova* /etc/sudoers.d/nova* \
  /etc/default/nova* /etc/init.d/nova* /etc/rc?.d/*nova* /usr/lib/systemd/system/nova* /etc/systemd/system/*.wants/nova* \
  /var/lib/nova /var/log/nova
userdel nova
