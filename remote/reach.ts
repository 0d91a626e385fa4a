import { createSocket } from "node:dgram";
import { BlockList, connect, isIP, isIPv6 } from "node:net";

/** How long a connection is waited for, in milliseconds. */
const limit = 5000;

/** This machine's own address where it is in one of the blocks, and cannot connect; undefined where it can, or is in none. */
export async function shutOut(host: string, port: number, sources: readonly string[]): Promise<string | undefined> {
  const address = await ownAddress(host);
  if (address === undefined || !blocksOf(sources, familyOf(address)).check(address, familyOf(address))) {
    return undefined;
  }
  return (await connects(host, port)) ? undefined : address;
}

/** The blocks of one family: an IPv4 address is in `::/0` for a list, as a mapped one. */
function blocksOf(sources: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const blocks = new BlockList();
  for (const source of sources) {
    const [address = "", length = ""] = source.split("/");
    if (isIP(address) !== 0 && familyOf(address) === family) {
      blocks.addSubnet(address, length === "" ? (family === "ipv6" ? 128 : 32) : Number(length), family);
    }
  }
  return blocks;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}

/** The address by which this machine sends to a host; undefined where it has no way there. A UDP socket that sends nothing knows it. */
async function ownAddress(host: string): Promise<string | undefined> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  try {
    return await new Promise((resolve) => {
      socket.once("error", () => {
        resolve(undefined);
      });
      socket.once("connect", () => {
        resolve(socket.address().address);
      });
      socket.connect(9, host);
    });
  } finally {
    socket.close();
  }
}

async function connects(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: limit });
    const end = (is: boolean) => () => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", end(true));
    socket.once("timeout", end(false));
    socket.once("error", end(false));
  });
}
