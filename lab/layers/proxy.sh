#!/bin/bash
# parent: nova
# A node that serves noVNC on 6080 and nothing else of Nova: the console proxy package with the answer `novnc`.
apt-get -qq update
apt-get install -y -qq --no-install-recommends nova-consoleproxy
sed -i 's/^NOVA_CONSOLE_PROXY_TYPE=.*/NOVA_CONSOLE_PROXY_TYPE=novnc/; s/^NOVA_SERIAL_PROXY_START=.*/NOVA_SERIAL_PROXY_START=false/' /etc/default/nova-consoleproxy
# the package takes its debconf answer from that file
dpkg-reconfigure -f noninteractive nova-consoleproxy
systemctl disable nova-spicehtml5proxy nova-serialproxy
systemctl enable nova-novncproxy
python3 /run/lab/set-options.py /etc/nova/nova.conf vnc.enabled=true vnc.novncproxy_host=0.0.0.0 vnc.novncproxy_port=6080
