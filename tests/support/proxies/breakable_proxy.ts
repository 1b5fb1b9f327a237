/** A way to the server that breaks when it is told to: what goes through is passed on unread. */
import { Buffer } from "node:buffer";
import net from "node:net";

export class BreakableProxy implements AsyncDisposable {
  /** Where connections lead; may change, as a restarted server has another port. */
  target: number;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #left = Infinity;
  #onBroken = () => {};

  private constructor(target: number) {
    this.target = target;
    this.#server = net.createServer((client) => this.#connect(client));
  }

  static async open(target: number): Promise<BreakableProxy> {
    const proxy = new BreakableProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new TypeError("it is closed");
    return address.port;
  }

  /**
   * Resets every connection as soon as `bytes` more have gone through, in whichever direction; the
   * piece with the last of them is cut there. Resolves then.
   */
  breakAfter(bytes: number): Promise<void> {
    this.#left = bytes;
    return new Promise((resolve) => this.#onBroken = resolve);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(client: net.Socket): void {
    const server = net.connect(this.target, "127.0.0.1");
    for (const [from, to] of [[client, server], [server, client]]) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (data) => this.#pass(data, from, to));
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  #pass(data: Buffer | string, from: net.Socket, to: net.Socket): void {
    if (typeof data === "string") throw new TypeError("text where bytes were expected");
    const piece = data.subarray(0, this.#left);
    this.#left -= piece.length;
    if (!to.write(piece)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
    if (this.#left > 0) return;
    this.#left = Infinity;
    this.#reset();
    this.#onBroken();
  }

  /** Older runtimes cannot reset a connection; there it ends in the middle, without an error. */
  #reset(): void {
    for (const socket of this.#sockets) {
      if ("resetAndDestroy" in socket) socket.resetAndDestroy();
      else (socket as net.Socket).destroy();
    }
  }
}
