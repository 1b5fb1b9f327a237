/** Somebody who writes many messages a second, through an engine on its standard streams. */
import { CLIENT_COMMAND } from "../support/client_process.ts";
import { DATA, STATE } from "../support/client_here.ts";

/** Requests that are not answered yet, at most; an engine works on 64. */
const WINDOW = 60;

export class Writer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #asked = 0;
  #answered = 0;
  #news = Promise.withResolvers<void>();
  readonly #ended: Promise<void>;

  /** Starts the client as an engine with these arguments. */
  constructor(args: readonly string[]) {
    const [program, ...rest] = [...CLIENT_COMMAND, ...args];
    this.#child = new Deno.Command(program, {
      args: rest,
      env: { XDG_STATE_HOME: STATE, XDG_DATA_HOME: DATA, MESSAGING_PROFILE: "" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#ended = this.#hear();
  }

  /**
   * Sends `count` texts, "first 1." and so on, evenly, `rate` a second or as fast as it goes.
   * @throws {Error} if one is not sent
   */
  async write(peer: string, first: string, count: number, rate: number): Promise<void> {
    const begun = performance.now();
    for (let number = 1; number <= count; number++) {
      const early = begun + number / rate * 1000 - performance.now();
      if (early > 1) await new Promise((done) => setTimeout(done, early));
      await this.#until(WINDOW - 1);
      const params = { peer, text: `${first} ${number}.` };
      const request = { jsonrpc: "2.0", id: ++this.#asked, method: "send", params };
      await this.#input.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    }
    await this.#until(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#child.status;
    await this.#ended.catch(() => {}); // whoever writes hears of it
  }

  /** Waits until at most so many requests are open. */
  async #until(open: number): Promise<void> {
    while (this.#asked - this.#answered > open) {
      await Promise.race([
        this.#news.promise,
        this.#ended.then(() => {
          throw new Error("the engine has ended");
        }),
      ]);
    }
  }

  async #hear(): Promise<void> {
    let rest = "";
    for await (const part of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + part).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const { id, error } = JSON.parse(line);
        if (error) throw new Error(`a text was not sent: ${error.message}`);
        if (id !== undefined) this.#answered++;
      }
      this.#news.resolve();
      this.#news = Promise.withResolvers<void>();
    }
  }
}
