# shellcheck shell=bash
# Pulumi.lab.yaml: the stack that describes the lab's two nodes, as a user would describe theirs.

write_pulumi_config() {
  local file=$REPO/Pulumi.lab.yaml salt
  node_ip control-1 >/dev/null
  node_ip compute-1 >/dev/null
  # what Pulumi itself keeps in this file, for the secrets of a state that may be there already
  salt=$(sed -n '/^encryptionsalt:/p' "$file" 2>/dev/null || true)
  {
    echo "# Written by \`lab/lab pulumi-config\` for the throw-away nodes of this machine. Not for git."
    [[ -z $salt ]] || echo "$salt"
    echo "config:"
    echo "  openstack-spice:proxy:"
    echo "    baseUrl: http://$CONTROLLER_IP:6082/spice_auto.html"
    echo "    listenAddress: 0.0.0.0"
    echo "    allowedSources: [$NET.0/24]"
    echo "  openstack-spice:ssh:"
    echo "    user: ops"
    echo "  openstack-spice:sshPrivateKeyFile: $LAB/id"
    echo "  openstack-spice:controllers:"
    node_config control-1
    echo "      proxySourceAddresses: [$CONTROLLER_IP]"
    echo "  openstack-spice:computes:"
    node_config compute-1
    echo "      serverProxyclientAddress: $COMPUTE_IP"
  } >"$file.new"
  mv "$file.new" "$file"
  say "wrote $file"
}

node_config() {
  echo "    - name: $1"
  echo "      connection:"
  echo "        host: $(node_ip "$1")"
  echo "        hostKey: $(cut -d' ' -f1,2 "$(node_folder "$1")/host_key.pub")"
}
