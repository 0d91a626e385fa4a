#!/bin/bash
# parent: compute
# A node for both roles, with the firewalls that people run and none of them at work: firewalld and ufw, Debian's own, and
# nftables, which the base has. Of Nova's console proxies the package is there, and none of them serves.
apt-get -qq update
apt-get install -y -qq --no-install-recommends nova-consoleproxy spice-html5 firewalld ufw
systemctl disable firewalld ufw nova-spicehtml5proxy nova-serialproxy nova-novncproxy
