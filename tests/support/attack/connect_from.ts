/** Connections to this machine from any of its loopback addresses, which `Deno.connect` lacks. */
import { connect, type Socket } from "node:net";

/** As much of a `Deno.TcpConn` as peers use. */
export class ConnectionFrom implements Disposable {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  static async open(localAddress: string, port: number): Promise<ConnectionFrom> {
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.on("error", () => {}); // reads and writes tell
    return new ConnectionFrom(socket);
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return null;
      this.#rest = new Uint8Array(value);
    }
    const count = Math.min(into.length, this.#rest.length);
    into.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await new Promise<void>((resolve, reject) =>
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve())
    );
    return bytes.length;
  }

  setNoDelay(on?: boolean): void {
    this.#socket.setNoDelay(on);
  }

  async closeWrite(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
