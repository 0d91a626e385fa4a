# shellcheck shell=bash
# Pulumi.lab.yaml: the stack that describes the lab's two nodes, as a user would describe theirs.

# write_pulumi_config: the lab's key is in it in clear, for it opens nothing but throw-away nodes of this machine.
write_pulumi_config() {
  local file=$REPO/Pulumi.lab.yaml
  node_ip control-1 >/dev/null
  node_ip compute-1 >/dev/null
  {
    echo "# Written by \`lab/lab pulumi-config\` for the throw-away nodes of this machine. Not for git."
    echo "config:"
    echo "  openstack-spice:proxy:"
    echo "    baseUrl: http://$CONTROLLER_IP:6082/spice_auto.html"
    echo "    listenAddress: 0.0.0.0"
    echo "    allowedSources: [$NET.0/24]"
    echo "  openstack-spice:ssh:"
    echo "    user: ops"
    echo "    privateKey: |"
    sed 's/^/      /' "$LAB/id"
    echo "  openstack-spice:controllers:"
    node_config control-1
    echo "  openstack-spice:computes:"
    node_config compute-1
    echo "      serverProxyclientAddress: $COMPUTE_IP"
  } >"$file.new"
  chmod 600 "$file.new"
  mv "$file.new" "$file"
  say "wrote $file"
}

node_config() {
  local ip
  ip=$(node_ip "$1")
  echo "    - name: $1"
  echo "      connection:"
  echo "        host: $ip"
  echo "        hostKey: $(cut -d' ' -f1,2 "$(node_folder "$1")/host_key.pub")"
}
