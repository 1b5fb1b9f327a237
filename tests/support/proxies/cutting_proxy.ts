/** A way to the server that breaks in the middle of a response. */
import net from "node:net";

export interface CuttingProxyOptions {
  /** The server's port on this machine. */
  port: number;
  /** Bytes from the server that pass on a connection before it breaks. */
  passes: number;
  /** Runs when so many have passed; the way breaks when it is done. */
  then?: () => Promise<unknown>;
  /** Whether the server sees an orderly end, as of a client that has read it all. */
  orderly?: boolean;
}

/**
 * Passes bytes on until it breaks: then the client sees its connection closed, and the server a
 * reset, whether or not it has sent all by then. (Older runtimes cannot reset; there it is closed.)
 */
export class CuttingProxy implements AsyncDisposable {
  /** How many connections were broken. */
  cuts = 0;
  readonly #options: CuttingProxyOptions;
  readonly #listener: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(options: CuttingProxyOptions) {
    this.#options = options;
    this.#listener = net.createServer((client) => this.#connect(client));
  }

  static async open(options: CuttingProxyOptions): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(options);
    await new Promise<void>((resolve) => proxy.#listener.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get hostPort(): string {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new TypeError("it is closed");
    return `127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #connect(client: net.Socket): void {
    const server = net.connect(this.#options.port, "127.0.0.1");
    for (const [socket, other] of [[client, server], [server, client]]) {
      this.#sockets.add(socket);
      socket.on("end", () => other.end());
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.end();
      });
    }
    client.on("data", (data) => server.write(data));
    let left = this.#options.passes;
    const pass = (data: Uint8Array) => {
      const piece = data.subarray(0, left);
      left -= piece.length;
      client.write(piece);
      if (left > 0) return;
      server.removeAllListeners("data");
      this.#cut(client, server);
    };
    if (left > 0) server.on("data", (data) => pass(data as Uint8Array));
    else this.#cut(client, server);
  }

  async #cut(client: net.Socket, server: net.Socket): Promise<void> {
    this.cuts++;
    server.pause();
    await this.#options.then?.();
    if (this.#options.orderly) server.end();
    else if ("resetAndDestroy" in server) server.resetAndDestroy();
    else (server as net.Socket).destroy();
    client.end();
  }
}
