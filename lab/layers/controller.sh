#!/bin/bash
# parent: proxy
# All packages of the lab's controller, set up by controller-ready.
apt-get -qq update
apt-get install -y -qq --no-install-recommends mariadb-server rabbitmq-server nova-api nova-conductor placement-api neutron-api
# 16 + 8 + ... worker processes of 140 MB each by default; eventlet under uWSGI hangs with more than one thread
sed -i -e 's/^processes = .*/processes = 1/' -e 's/^threads = .*/threads = 1/' -e '/^apparmor-profile/d' -e 's/^plugins = python3,apparmor/plugins = python3/' \
  /etc/nova/nova-api-uwsgi.ini /etc/placement/placement-api-uwsgi.ini /etc/neutron/neutron-api-uwsgi.ini
systemctl disable nova-api-metadata
systemctl enable placement-api neutron-api nova-api nova-conductor # some packages leave theirs off
