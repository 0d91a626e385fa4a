#!/bin/bash
# parent: base
# Nova's common package alone: nova.conf with Debian's 10,000 commented lines, no service. A bare controller.
apt-get -qq update
apt-get install -y -qq --no-install-recommends nova-common python3-pymysql
# a console proxy looks each token up in its cell's database; the package's own is a file of the node, which a real controller never keeps
sed -i 's#^connection *= *sqlite:.*/novadb$#connection = mysql+pymysql://lab:lab-password@control-1/nova#' /etc/nova/nova.conf
grep -q '^connection = mysql' /etc/nova/nova.conf
