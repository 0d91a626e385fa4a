#!/bin/bash
# parent: nova
# What the RHEL-like layers are made of: real rpm, dnf and createrepo_c, and the files of the two web clients.
# Of Debian's Nova its Python code stays; its configuration, commands and user go, since RPMs bring theirs.
apt-get -qq update
apt-get install -y -qq --no-install-recommends rpm dnf createrepo-c
mkdir -p /usr/src/clients
(cd /usr/src/clients && apt-get -qq download novnc spice-html5)
for package in /usr/src/clients/*.deb; do dpkg-deb -x "$package" /usr/src/clients; done
rm /usr/src/clients/*.deb
sed 's/^\([a-z]\)/#\1/' /usr/share/nova-common/nova.conf >/usr/src/nova.conf.sample
rm -rf /etc/nova /usr/share/nova-common /usr/bin/nova* /usr/share/man/man1/nova* /etc/logrotate.d/nova* /etc/sudoers.d/nova* \
  /etc/default/nova* /etc/init.d/nova* /var/lib/nova /var/log/nova
userdel nova
