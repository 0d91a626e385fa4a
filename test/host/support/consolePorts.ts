import { LabNode } from "../../support/lab";

/** The address on which the node meets its {@link PEERS}. */
export const NODE = { v4: "198.18.9.254", v6: "2001:db8::ff" };

/** A machine that runs a console proxy, and one that nobody declared; both with IPv4 and IPv6. They live in a network name space of the node's. */
export const PEERS = {
  proxy: { v4: "198.18.9.1", v6: "2001:db8::1" },
  stranger: { v4: "198.18.9.2", v6: "2001:db8::2" },
};

const PEERS_SCRIPT = `set -e
ip netns add peers
ip link add peers0 type veth peer name eth0 netns peers
ip address add ${NODE.v4}/24 dev peers0
ip address add ${NODE.v6}/64 dev peers0 nodad
ip link set peers0 up
for address in ${[PEERS.proxy, PEERS.stranger].map(({ v4, v6 }) => `${v4}/24 ${v6}/64`).join(" ")}; do
  case $address in *:*) ip -n peers address add $address dev eth0 nodad ;; *) ip -n peers address add $address dev eth0 ;; esac
done
ip -n peers link set eth0 up
`;

/**
 * Boots a compute whose guest is a real QEMU with SPICE on TCP 5901, and gives it {@link PEERS}. In place of `nova-compute`, which has no cloud to talk
 * to, its unit runs a process that sleeps.
 */
export async function bootCompute(name: string, layer = "compute"): Promise<LabNode> {
  const node = await LabNode.boot(name, layer);
  await equipCompute(node);
  return node;
}

/** Gives a node with a fresh disk what {@link bootCompute} gives it. */
export async function equipCompute(node: LabNode): Promise<void> {
  await node.read(
    `mkdir -p /etc/systemd/system/nova-compute.service.d
     printf '[Service]\\nType=simple\\nExecStart=\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/nova-compute.service.d/stand-in.conf
     sed -i 's,^transport_url.*,,; s,^\\[DEFAULT\\]$,&\\ntransport_url = fake://,' /etc/nova/nova.conf
     cat >/etc/systemd/system/guest.service
     systemctl daemon-reload && systemctl enable -q --now guest && systemctl restart nova-compute`,
    "[Service]\nExecStart=/usr/bin/qemu-system-x86_64 -M none -nodefaults -display none -spice port=5901,addr=::,disable-ticketing=on\n[Install]\nWantedBy=multi-user.target\n",
  );
  await addPeers(node);
}

/** Gives the node its peers, which a reboot takes away. @param listens what is waited for: the TCP port of its guest, or of its proxy */
export async function addPeers(node: LabNode, listens = 5901): Promise<void> {
  await node.read(PEERS_SCRIPT);
  await node.until(`ss -Hltn 'sport = :${listens}' | grep -q .`, 30);
}

/** How a connection from one address to another ends: `open`; `timeout`, which is a packet dropped; or an error's name. */
export async function connects(node: LabNode, from: string, to: string, port = 5901): Promise<string> {
  return (await attempts(node, [{ from, to, port }], from.startsWith("127.") || from === to))[0] ?? "";
}

/** Who gets through to a port, by default the guest's console, by both families. */
export async function whoGetsIn(node: LabNode, port = 5901): Promise<Record<keyof typeof PEERS, readonly string[]>> {
  const ways = [PEERS.proxy, PEERS.stranger].flatMap(({ v4, v6 }) => [
    { from: v4, to: NODE.v4, port },
    { from: v6, to: NODE.v6, port },
  ]);
  const outcomes = await attempts(node, ways);
  return { proxy: outcomes.slice(0, 2), stranger: outcomes.slice(2) };
}

/** How connections end that are tried at once, from the peers or from the node itself. */
async function attempts(
  node: LabNode,
  ways: readonly { readonly from: string; readonly to: string; readonly port: number }[],
  itself = false,
): Promise<readonly string[]> {
  const space = itself ? "" : "ip netns exec peers ";
  return JSON.parse(await node.read(`${space}python3 - '${JSON.stringify(ways)}'`, ATTEMPTS)) as readonly string[];
}

const ATTEMPTS = `
import concurrent.futures, json, socket, sys
def attempt(way):
    try:
        socket.create_connection((way["to"], way["port"]), 1.5, (way["from"], 0)).close()
        return "open"
    except socket.timeout:
        return "timeout"
    except OSError as error:
        return type(error).__name__
print(json.dumps(list(concurrent.futures.ThreadPoolExecutor().map(attempt, json.loads(sys.argv[1])))))
`;
