/** Asks a proxy over TLS, trusting one certificate alone and verifying it for a host, as a browser does that has got it. */
import { type RequestOptions, request } from "node:https";
import { checkServerIdentity } from "node:tls";

/** What is asked, and of whom. */
interface Ask {
  readonly address: string;
  readonly port: number;
  /** The certificate to trust, PEM. */
  readonly ca: string;
  /** The host that it has to be for. */
  readonly host: string;
  /** @default /spice_auto.html */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The status of the answer, 101 of a websocket among them, and the fingerprint of the certificate that was served. @throws where TLS fails */
export async function ask(asked: Ask): Promise<{ readonly status: number | undefined; readonly fingerprint: string }> {
  const { address, port, ca, host, path = "/spice_auto.html", headers = {} } = asked;
  let fingerprint = "";
  const options: RequestOptions = {
    ...{ host: address, port, ca, path, headers: { Host: `${host}:${port}`, ...headers }, agent: false },
    // An address is no server name.
    servername: /^[\d.]+$/.test(host) ? "" : host,
    checkServerIdentity: (_, certificate) => {
      fingerprint = certificate.fingerprint256;
      return checkServerIdentity(host, certificate);
    },
  };
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(options)
      .on("upgrade", (response, socket) => {
        socket.destroy();
        resolve(response.statusCode);
      })
      .on("response", (response) => {
        response.resume().on("end", () => {
          resolve(response.statusCode);
        });
      })
      .on("error", reject)
      .end();
  });
  return { status, fingerprint };
}
