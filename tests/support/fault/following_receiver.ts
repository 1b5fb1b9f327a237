/** `messaging-client receive --follow --json` as a process that may be killed at any moment. */
import config from "../../../deno.json" with { type: "json" };
import { STATE } from "../client_here.ts";

/** `deno`, its options, and the program as seen from the root of the project. */
const [, ...TASK] = config.tasks.client.command.split(" ");
const PROGRAM = new URL(`../../../${TASK.pop()}`, import.meta.url).href;

/** One line of its output. */
export interface Line {
  message: number;
  type: "text" | "file";
  text?: string;
  path?: string;
}

/** What one process wrote until it ended. */
export interface Run {
  /** Whole lines alone. */
  readonly lines: readonly Line[];
  readonly stderr: string;
}

export interface ReceiverOptions {
  profile: string;
  /** Where files go. */
  out: string;
  port: number;
}

export class FollowingReceiver implements AsyncDisposable {
  /** One after the other; the last one may be running. */
  readonly runs: Run[] = [];
  readonly #options: ReceiverOptions;
  #child: Deno.ChildProcess | null = null;
  #finished: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** The largest number of a message that was shown. */
  get lastShown(): number {
    return Math.max(0, ...this.shown.map(({ message }) => message));
  }

  /** The lines that show messages, without what was said of unusable ones. */
  get shown(): Line[] {
    return this.runs.flatMap(({ lines }) => lines)
      .filter(({ type }) => type === "text" || type === "file");
  }

  /** The text that was shown last. */
  get lastText(): string | undefined {
    const isText = ({ type }: Line) => type === "text";
    return this.runs.findLast(({ lines }) => lines.some(isText))?.lines.findLast(isText)?.text;
  }

  start(): void {
    const child = this.#spawn("--follow");
    this.#child = child;
    this.#finished = this.#watch(child);
  }

  /** Kills the process; resolves when it is gone and all that it wrote was read. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Does the same, but lets it note what it has shown, which then is not shown again. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  async #end(signal: Deno.Signal): Promise<void> {
    this.#child?.kill(signal);
    await this.#finished;
    this.#child = null;
  }

  /** Receives all that waits, without `--follow`. Returns the exit code. */
  async drain(): Promise<number> {
    const child = this.#spawn();
    await this.#watch(child);
    return (await child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child?.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#finished;
  }

  #spawn(...options: string[]): Deno.ChildProcess {
    const { profile, out, port } = this.#options;
    const server = `127.0.0.1:${port}`;
    return new Deno.Command(Deno.execPath(), {
      args: [...TASK, PROGRAM].concat(
        ["receive", "--profile", profile, "--out", out, "--server", server, "--json"],
        options,
      ),
      env: { XDG_STATE_HOME: STATE },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async #watch(child: Deno.ChildProcess): Promise<void> {
    const run = { lines: [] as Line[], stderr: "" };
    this.runs.push(run);
    const lines = async () => {
      let rest = "";
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        const whole = (rest + text).split("\n");
        rest = whole.pop() ?? ""; // cut off when the process is killed
        for (const line of whole) run.lines.push(JSON.parse(line));
      }
    };
    const errors = async () => {
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        run.stderr += text;
      }
    };
    await Promise.all([lines(), errors(), child.status]);
  }
}
