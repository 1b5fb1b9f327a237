/** The client as a process on one profile, to be waited for, listened to, and killed. */
import { runHere } from "./client_here.ts";
import { startClient } from "./client_process.ts";
import type { Outcome } from "./server_process.ts";
import { until } from "./until.ts";

/** A client that runs. Disposing of it kills it. */
export class ClientProcess implements AsyncDisposable {
  readonly #client: ReturnType<typeof startClient>;
  readonly #ended: Promise<Outcome>;

  /** Starts it on the profile in `folder`; `stdin` is what it reads from standard input. */
  constructor(folder: string, args: string[], stdin = "") {
    this.#client = startClient(["--profile", folder, ...args], { stdin });
    this.#ended = this.#client.outcome();
  }

  /** What it has written so far. */
  get output(): { readonly stdout: string; readonly stderr: string } {
    return this.#client.output;
  }

  /** Waits until it has ended by itself. */
  get ended(): Promise<Outcome> {
    return this.#ended;
  }

  /** Waits until it has written `text`. */
  async says(text: string): Promise<void> {
    const said = () => Object.values(this.output).some((output) => output.includes(text));
    await until(`the client says "${text}"`, said);
  }

  /** The lines on standard output so far. */
  get lines(): string[] {
    return this.output.stdout.split("\n").slice(0, -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.kill("SIGKILL");
    await this.#ended;
  }
}

/** Runs a command to its end: inside of this process, or, with an input, in one of its own. */
export async function runClient(folder: string, args: string[], stdin?: string): Promise<Outcome> {
  if (stdin === undefined) return await runHere(["--profile", folder, ...args], {});
  await using client = new ClientProcess(folder, args, stdin);
  return await client.ended;
}
