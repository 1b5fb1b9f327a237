/** A flood of connections that another process makes, see `flood_process.ts`. */
import { until } from "../until.ts";

const PROGRAM = new URL("flood_process.ts", import.meta.url).href;
const OPTIONS = ["run", "--quiet", "--no-check", "--no-prompt", "--allow-net=127.0.0.0/24"];

export interface FloodOptions {
  how: "silent" | "classic" | "logged-in";
  port: number;
  /** Connections from each address. */
  count: number;
  addresses: readonly string[];
}

/** Disposing ends it. */
export class Flood implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #attempts = 0;

  constructor({ how, port, count, addresses }: FloodOptions) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [...OPTIONS, PROGRAM, how, `${port}`, `${count}`, ...addresses],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#reading = this.#read();
  }

  /** Waits until it has tried to connect `count` times more than until now. */
  async goesOn(count: number): Promise<void> {
    const enough = this.#attempts + count;
    await until(`a flood has come ${count} times more`, () => this.#attempts >= enough);
  }

  async #read(): Promise<void> {
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      this.#attempts += text.split("\n").length - 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#reading;
  }
}

/** Returns the first `count` addresses of this machine behind 127.0.0.1. */
export function otherAddresses(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `127.0.0.${at + 2}`);
}
