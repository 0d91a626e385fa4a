#!/bin/bash
# parent: compute
# made in: a running node
# nova-compute with libvirt and emulated QEMU, consoles by VNC only, joined to control-1.
# Uses: set-options.py
# shellcheck disable=SC2016  # $my_ip is for nova.conf
python3 /run/lab/set-options.py /etc/nova/nova.conf \
  DEFAULT.transport_url=rabbit://lab:lab-password@control-1:5672/ \
  placement.auth_type=admin_token placement.endpoint=http://control-1:8778 placement.token=admin \
  neutron.auth_type=admin_token neutron.endpoint=http://control-1:9696 neutron.token=admin \
  vnc.enabled=true vnc.server_listen=0.0.0.0 vnc.server_proxyclient_address='$my_ip' \
  vnc.novncproxy_base_url=http://198.18.0.11:6080/vnc_auto.html \
  spice.enabled=false
systemctl restart nova-compute
