/** The client as the real process that its user starts, with the permissions of its task. */
import config from "../../deno.json" with { type: "json" };
import { assertEquals } from "./assert.ts";
import { checkJson } from "./client/check_json.ts";
import { stopEngine } from "./client/engines_here.ts";
import { DATA, runHere, STATE } from "./client_here.ts";
import type { Outcome } from "./server_process.ts";
import { tempFolder } from "./temp_folder.ts";
import { PATIENCE, until } from "./until.ts";

/** `deno`, its options, and the program as seen from the root of the project. */
const [, ...TASK] = config.tasks.client.command.split(" ");
const PROGRAM = new URL(`../../${TASK.pop()}`, import.meta.url).href;

/** What starts the client, before its own arguments. */
export const CLIENT_COMMAND: readonly string[] = [Deno.execPath(), ...TASK, PROGRAM];

export interface ClientOptions {
  /** What stands on standard input; nothing if it is left out. */
  stdin?: string | Uint8Array<ArrayBuffer>;
  /** The folder that it is started in. */
  cwd?: string;
  /** What its environment has beside that of the tests. */
  env?: Record<string, string>;
}

/** A client that runs. Disposing of it kills it. */
export class ClientProcess implements AsyncDisposable {
  readonly pid: number;
  /** What it has written so far. */
  readonly output = { stdout: "", stderr: "" };
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<Outcome>;

  constructor(args: string[], { stdin, cwd, env }: ClientOptions) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...TASK, PROGRAM, ...args],
      cwd,
      env: { XDG_STATE_HOME: STATE, XDG_DATA_HOME: DATA, MESSAGING_PROFILE: "", ...env },
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.#ended = this.#watch(args, stdin);
  }

  /** Waits for its end; kills it if that does not come. */
  outcome(): Promise<Outcome> {
    return this.#ended;
  }

  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended by itself.
    }
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
    this.kill("SIGKILL");
    await this.#ended;
  }

  async #watch(args: readonly string[], stdin: ClientOptions["stdin"]): Promise<Outcome> {
    const timer = setTimeout(() => {
      this.output.stderr += `[killed after ${PATIENCE} ms]\n`;
      this.kill("SIGKILL");
    }, PATIENCE);
    // A process may end without having read everything; what counts is what it says then.
    const given = stdin !== undefined &&
      new Blob([stdin]).stream().pipeTo(this.#child.stdin).catch(() => {});
    const collected = [this.#collect("stdout"), this.#collect("stderr")];
    const { code, signal } = await this.#child.status;
    await Promise.all([...collected, given]);
    clearTimeout(timer);
    const outcome = { code, signal, ...this.output };
    checkJson(args, outcome);
    return outcome;
  }

  async #collect(name: "stdout" | "stderr"): Promise<void> {
    const decoder = new TextDecoderStream("utf-8", { ignoreBOM: true });
    for await (const text of this.#child[name].pipeThrough(decoder)) this.output[name] += text;
  }
}

export function startClient(args: string[], options: ClientOptions = {}): ClientProcess {
  return new ClientProcess(args, options);
}

/** Runs a client to its end, in a process of its own. */
export function runClient(args: string[], options?: ClientOptions): Promise<Outcome> {
  return startClient(args, options).outcome();
}

/**
 * Runs a command on the profile in `folder` to its end: inside of this process, or, with an input,
 * in one of its own.
 */
export function runOn(folder: string, args: string[], stdin?: string): Promise<Outcome> {
  const line = ["--profile", folder, ...args];
  return stdin === undefined ? runHere(line) : runClient(line, { stdin });
}

/** What `--json` prints of a received message. */
export interface ReceivedJson {
  message: number;
  from: { id: string; name: string };
  type: "text" | "file" | "key-request" | "key" | "notice";
  text?: string;
  /** The number of its entry in the history. */
  entry?: number;
  /** When it was written, as its author says; ISO 8601. */
  at?: string;
  path?: string;
  size?: number;
}

/** A received message without its time and the number of its entry; texts and files have both. */
export function withoutTime(
  { at, entry, ...rest }: ReceivedJson,
): Omit<ReceivedJson, "at" | "entry"> {
  const timed = rest.type === "text" || rest.type === "file";
  assertEquals(entry !== undefined, timed, `entry ${entry}`);
  assertEquals(at !== undefined, timed, `time ${at}`);
  if (at !== undefined) assertEquals(new Date(at).toISOString(), at);
  return rest;
}

/** The objects that `text` holds, one a line. */
export function jsonLines<T>(text: string): T[] {
  const lines = text.split("\n");
  assertEquals(lines.pop(), "", "the last line has no end");
  return lines.map((line) => JSON.parse(line));
}

/** What was told on standard error but the progress of large files: "" or whole lines. */
export function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^\{"progress":.*\n/gm, "");
}

/** Someone with a profile, in which `server.info` names the server. */
export class Person implements AsyncDisposable {
  /** The profile's folder. */
  readonly folder: string;
  /** Where received files go. */
  readonly out: string;
  /** As `register` told; empty before. */
  id = "";
  name = "";
  /** What the environment of every command has beside that of the tests. */
  env: Record<string, string> = {};
  readonly #dispose: () => PromiseLike<void>;

  private constructor(folder: string, dispose: () => PromiseLike<void>) {
    this.folder = folder;
    this.out = `${folder}/out`;
    this.#dispose = dispose;
  }

  /** Someone new, who has no name yet. */
  static async create(server: string): Promise<Person> {
    const temp = await tempFolder();
    const person = new Person(temp.path, () => temp[Symbol.asyncDispose]());
    await person.useServer(server);
    return person;
  }

  static async register(server: string, name: string, { classic = true } = {}): Promise<Person> {
    const person = await Person.create(server);
    const options = classic ? ["--classic"] : [];
    const [{ id }] = await person.json<{ id: string }>("register", ...options, name);
    return Object.assign(person, { id, name });
  }

  /** From now on this is the person's server, HOST:PORT. */
  async useServer(server: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/server.info`, `${server}\n`);
  }

  /** The start of this person's command line. */
  args(...command: string[]): string[] {
    return ["--profile", this.folder, ...command];
  }

  /**
   * Runs a command to its end, whatever that is: inside of this process, or, with any of `options`,
   * in one of its own.
   */
  run(command: string[], options?: ClientOptions): Promise<Outcome> {
    const args = this.args(...command);
    if (!options) return runHere(args, this.env);
    return runClient(args, { env: this.env, ...options });
  }

  /** Runs a command that must succeed with empty standard error. Returns what it printed. */
  async json<T>(...command: string[]): Promise<T[]> {
    return jsonLines(await this.#done(["--json", ...command]));
  }

  /** Receives; the key exchange is left out, and files are in {@link out}. */
  async receive(): Promise<ReceivedJson[]> {
    const all = await this.json<ReceivedJson>("receive", "--out", this.out);
    return all.filter(({ type }) => type === "text" || type === "file");
  }

  /** Runs a command that must fail. Returns the code of its error. */
  async failure(...command: string[]): Promise<string> {
    const { code, stderr } = await this.run(["--json", ...command]);
    assertEquals(code, 1, stderr);
    return jsonLines<{ error: { code: string } }>(stderr)[0].error.code;
  }

  /** Receives. Returns the texts. */
  async texts(): Promise<(string | undefined)[]> {
    return (await this.receive()).map(({ text }) => text);
  }

  /** Sends what stands on standard input. */
  async sendInput(name: string, stdin: string | Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#done(["send", name], { stdin });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopEngine(this.folder);
    await this.#dispose();
  }

  async #done(command: string[], options?: ClientOptions): Promise<string> {
    const { code, stderr, stdout } = await this.run(command, options);
    const told = withoutProgress(stderr);
    assertEquals({ code, told }, { code: 0, told: "" }, command.join(" ").slice(0, 200));
    return stdout;
  }
}
