#!/bin/bash
# parent: compute-ready
# The cloud's compute as CentOS 7 with RDO Mitaka: openstack-nova-compute 13.1.4 with the settings of compute-1. To be booted
# under that name: lab node compute-1 el7-compute; lab up. See make-el.sh for what it is not.
# Uses: rpm-tools.sh make-el.sh el-base.spec openstack-nova.spec clients.spec
settings=$(awk '/^\[/ { section = $0 } section != "[keystone_authtoken]" && /^(my_ip|transport_url|enabled|server_|novncproxy_base|virt_type|token|endpoint|auth_type)/ { print section; print }' \
  /etc/nova/nova.conf /etc/nova/nova-compute.conf)
bash /run/lab/rpm-tools.sh
bash /run/lab/make-el.sh 7 13.1.4 compute
echo "$settings" >>/etc/nova/nova.conf
