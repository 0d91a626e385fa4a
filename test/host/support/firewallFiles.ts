import { readdirSync } from "node:fs";
import { join } from "node:path";
import { LAB_STATE, type LabNode, lab } from "../../support/lab";

/** Installs what loads iptables' files at a boot of Debian. */
export async function installIptablesPersistent(node: LabNode): Promise<void> {
  if (!readdirSync(join(LAB_STATE, "pool/debs")).some((name) => name.startsWith("iptables-persistent_"))) {
    await lab("pool", "iptables-persistent");
  }
  await node.read(
    "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; apt-get -qq update && apt-get -y -qq install iptables-persistent >/dev/null 2>&1",
  );
}

/** A file of nftables that people wrote by hand: two chains that refuse, comments, and two styles of indenting. */
export const NFT_FILE = `#!/usr/sbin/nft -f

flush ruleset

# kept by hand
table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
    iif "lo" accept
    ct state established,related accept
    tcp dport { 22, 6080 } accept # administrators
    jump site
    reject
  }
  chain site {
    ip saddr 192.0.2.0/24 accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
}
table ip guard {
\tchain first {
\t\ttype filter hook input priority -10; policy drop;
\t\tip saddr 198.18.0.0/15 tcp dport { 22, 6080 } accept
\t\tiif "lo" accept
\t\tct state established,related accept
\t}
}
`;

/** A zone of firewalld that people wrote by hand. */
export const ZONE = `<?xml version="1.0" encoding="utf-8"?>
<!-- kept by hand: our racks -->
<zone>
  <short>Racks</short>
    <source address="198.18.9.0/24"/>
  <service name="ssh"/>
  <port port="9100" protocol="tcp"/>
</zone>
`;
