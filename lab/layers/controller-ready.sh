#!/bin/bash
# parent: controller
# made in: a running node
# A Nova control plane without keystone and glance: requests name their user in the token (`noauth2`), the services
# trust each other with the token `admin`. Neutron's API is there because nova-compute asks it at each start of a guest.
# Uses: set-options.py create-server.py
cat >/etc/mysql/mariadb.conf.d/99-lab.cnf <<'CONF'
[mysqld]
bind-address = 0.0.0.0
innodb_flush_log_at_trx_commit = 0
innodb_doublewrite = 0
skip-name-resolve
CONF
# one scheduler thread, not one per core
echo 'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 1:1"' >/etc/rabbitmq/rabbitmq-env.conf
systemctl restart mariadb rabbitmq-server
for database in nova nova_api nova_cell0 placement neutron; do
  mysql -e "CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8; GRANT ALL ON $database.* TO 'lab'@'%' IDENTIFIED BY 'lab-password'"
done
rabbitmqctl -q add_user lab lab-password
rabbitmqctl -q set_permissions lab '.*' '.*' '.*'
database=mysql+pymysql://lab:lab-password@control-1
set_options() { python3 /run/lab/set-options.py "$@"; }
set_options /etc/nova/nova.conf \
  DEFAULT.transport_url=rabbit://lab:lab-password@control-1:5672/ \
  api_database.connection=$database/nova_api database.connection=$database/nova \
  conductor.workers=1 api.auth_strategy=noauth2 \
  placement.auth_type=admin_token placement.endpoint=http://control-1:8778 placement.token=admin \
  neutron.auth_type=admin_token neutron.endpoint=http://control-1:9696 neutron.token=admin
set_options /etc/placement/placement.conf placement_database.connection=$database/placement api.auth_strategy=noauth2
# a type driver with a range, or the API answers 500 on ports; linuxbridge is the driver that needs no other daemon
set_options /etc/neutron/neutron.conf \
  DEFAULT.core_plugin=ml2 DEFAULT.service_plugins=router DEFAULT.auth_strategy=noauth \
  DEFAULT.transport_url=rabbit://lab:lab-password@control-1:5672/ DEFAULT.rpc_workers=0 \
  DEFAULT.notify_nova_on_port_status_changes=false DEFAULT.notify_nova_on_port_data_changes=false \
  database.connection=$database/neutron experimental.linuxbridge=true
set_options /etc/neutron/plugins/ml2/ml2_conf.ini \
  ml2.type_drivers=flat,local,vlan ml2.tenant_network_types=local ml2.mechanism_drivers=linuxbridge \
  ml2.extension_drivers=port_security ml2_type_flat.flat_networks=physnet1 \
  ml2_type_vlan.network_vlan_ranges=physnet1:100:110 securitygroup.firewall_driver=noop
as() { runuser -u "$1" -- "${@:2}"; }
(
  as placement placement-manage db sync
  as neutron neutron-db-manage --config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade heads
) &
as nova nova-manage api_db sync
as nova nova-manage cell_v2 map_cell0
as nova nova-manage cell_v2 create_cell --name=cell1
as nova nova-manage db sync
wait $!
systemctl restart placement-api neutron-api nova-conductor nova-api nova-novncproxy
