#!/bin/bash
# parent: controller-ready
# The cloud's controller with a real Keystone, which Nova's API asks who calls. Its services go by the name control-1; Nova's
# own user there is `nova` of the project `service`, with the role admin, as installation guides have it.
# Uses: set-options.py
apt-get -qq update
apt-get install -y -qq --no-install-recommends keystone
sed -i -e 's/^processes = .*/processes = 1/' -e 's/^threads = .*/threads = 1/' -e '/^apparmor-profile/d' -e 's/^plugins = python3,apparmor/plugins = python3/' \
  /etc/keystone/keystone-uwsgi.ini
url=http://control-1:5000/v3
set_options() { python3 /run/lab/set-options.py "$@"; }
set_options /etc/keystone/keystone.conf database.connection=sqlite:////var/lib/keystone/keystone.db \
  catalog.driver=templated catalog.template_file=/etc/keystone/catalog.templates
for service in "identity $url" "compute http://control-1:8774/v2.1"; do
  for interface in public internal admin; do
    echo "catalog.regionOne.${service% *}.${interface}URL = ${service#* }"
  done
  echo "catalog.regionOne.${service% *}.name = ${service% *}"
done >/etc/keystone/catalog.templates
as_keystone() { runuser -u keystone -- keystone-manage "$@"; }
as_keystone db_sync
as_keystone fernet_setup --keystone-user keystone --keystone-group keystone
as_keystone credential_setup --keystone-user keystone --keystone-group keystone
as_keystone bootstrap --bootstrap-username nova --bootstrap-password lab-password --bootstrap-project-name service
set_options /etc/nova/nova.conf api.auth_strategy=keystone \
  keystone_authtoken.www_authenticate_uri=$url keystone_authtoken.auth_url=$url keystone_authtoken.auth_type=password \
  keystone_authtoken.username=nova keystone_authtoken.password=lab-password keystone_authtoken.project_name=service \
  neutron.endpoint_override=http://control-1:9696 keystone_authtoken.user_domain_name=Default keystone_authtoken.project_domain_name=Default
systemctl enable keystone
