import { type AddressInfo, type Server, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shutOut } from "../../../remote/reach";

describe("shutOut", () => {
  let server: Server;
  let port: number;
  let closed: number;
  beforeAll(async () => {
    const listening = async () =>
      await new Promise<Server>((resolve) => {
        const made = createServer((socket) => socket.destroy());
        made.listen(0, "127.0.0.1", () => {
          resolve(made);
        });
      });
    server = await listening();
    port = (server.address() as AddressInfo).port;
    const other = await listening();
    closed = (other.address() as AddressInfo).port;
    await new Promise((resolve) => other.close(resolve));
  });
  afterAll(() => {
    server.close();
  });

  it.each(["127.0.0.0/8", "127.0.0.1/32", "127.0.0.1", "0.0.0.0/0"])(
    "names this machine's address, which is in %s",
    async (source) => {
      expect(await shutOut("127.0.0.1", closed, ["2001:db8::/32", source])).toBe("127.0.0.1");
      expect(await shutOut("127.0.0.1", port, [source])).toBeUndefined();
    },
  );

  it("tries nothing where this machine is in none of the blocks", async () => {
    expect(await shutOut("127.0.0.1", closed, ["198.51.100.0/24", "127.0.0.2/32", "::/0"])).toBeUndefined();
    expect(await shutOut("127.0.0.1", closed, [])).toBeUndefined();
  });

  it("says nothing of a host that it does not find", async () => {
    expect(await shutOut("no-such-host.invalid", closed, ["0.0.0.0/0"])).toBeUndefined();
  });
});
