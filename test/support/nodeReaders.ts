/** What other programs write and ours read: whose, and a text in which it finds something. */
export const readers: readonly (readonly [name: string, form: string])[] = [
  ["iptables", "*filter\n:INPUT DROP [0:0]\n-A INPUT -j REJECT\nCOMMIT"],
  ["the file of iptables", "*filter\nCOMMIT"],
  [
    "nftables",
    "table inet filter {\n\tchain input { # handle 1\n\t\ttype filter hook input priority 0; policy drop;\n\t\treject # handle 2\n\t}\n}",
  ],
  [
    "the file of nftables",
    "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t\treject\n\t}\n}",
  ],
  ["firewalld", "public\npublic (default)\n  target: default\n  interfaces: eth0\n  sources: 192.0.2.0/24"],
  [
    "the file of a zone",
    '<rule family="ipv4">\n<source address="192.0.2.0/24"/>\n<port port="6082" protocol="tcp"/>\n<accept/>\n</rule>',
  ],
  ["the file of ufw", "### tuple ### allow tcp 6082 0.0.0.0/0 any 192.0.2.0/24 in"],
  ["rules that accept", "-A INPUT -p tcp -m tcp --dport 5901 -j ACCEPT"],
  ["apt", "Inst a (1 Debian:12)"],
  ["dnf", "Installing:\n a noarch 1 epel 2 k\nTransaction Summary"],
  ["a shell file", "NOVA_CONSOLE_PROXY_TYPE=novnc"],
  ["an obsolete option", "[spice]\nkeymap = de"],
  ["a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
];
