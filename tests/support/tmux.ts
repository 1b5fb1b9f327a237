/** Terminals for tests: panes of a tmux server of their own, typed into and read as by a person. */
import config from "../../deno.json" with { type: "json" };
import { DATA, STATE } from "./client_here.ts";
import { tempFolder } from "./temp_folder.ts";
import { until } from "./until.ts";

/** `deno`, its options, and the program as seen from the root of the project. */
const [, ...TASK] = config.tasks.client.command.split(" ");
const PROGRAM = new URL(`../../${TASK.pop()}`, import.meta.url).href;

/** The command line of the client, from the sources. */
const CLIENT = [Deno.execPath(), ...TASK, PROGRAM];

/** The same for every tester. The rest is inherited: Deno finds its cache by it. */
const ENVIRONMENT = {
  ...{ LC_ALL: "C.UTF-8", SHELL: "/bin/sh" },
  ...{ XDG_STATE_HOME: STATE, XDG_DATA_HOME: DATA, MESSAGING_PROFILE: "" },
};
/** What panes do not inherit, as it would change what programs show. */
const NOT_INHERITED = ["NO_COLOR", "COLORTERM", "FORCE_COLOR", "CI", "VISUAL", "EDITOR"];

/** Between two looks at a screen, in milliseconds; each one is a process. */
const STEP = 25;

/** What follows the last byte of a program: a device control string, which tmux does not show. */
const END_FORMAT = "\\033P=ended\\033\\134";
const END = "\x1bP=ended\x1b\\";

export interface PaneOptions {
  /** Characters of a line; 80 by default. */
  columns?: number;
  /** Lines; 24 by default. */
  rows?: number;
  /** The folder that the program starts in; that of the terminals by default. */
  cwd?: string;
  /** What its environment has beside that of the tests. */
  env?: Record<string, string>;
}

/** A tmux server of its own, in a folder of its own. Disposing of it ends all panes. */
export class Terminals implements AsyncDisposable {
  #panes = 0;

  private constructor(readonly folder: string, private readonly remove: () => PromiseLike<void>) {}

  /** Starts the server; undefined where there is no tmux. */
  static async open(): Promise<Terminals | undefined> {
    const temp = await tempFolder();
    const terminals = new Terminals(temp.path, () => temp[Symbol.asyncDispose]());
    try {
      // A first session keeps the server alive while panes come and go, but not longer than this
      // process, which may be killed.
      const watch = `while kill -0 ${Deno.pid} 2>/dev/null; do sleep 1; done; tmux kill-server`;
      await terminals.tmux("new-session", "-d", "-s", "none", watch);
    } catch (error) {
      await temp[Symbol.asyncDispose]();
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    for (const variable of NOT_INHERITED) {
      await terminals.tmux("set-environment", "-g", "-r", variable);
    }
    await terminals.tmux("set-option", "-g", "remain-on-exit", "on");
    await terminals.tmux("set-option", "-g", "default-terminal", "screen-256color");
    await terminals.tmux("set-option", "-s", "escape-time", "0");
    return terminals;
  }

  /** Starts the client of the sources in a pane. */
  client(args: readonly string[], options?: PaneOptions): Promise<Pane> {
    return this.run([...CLIENT, ...args], options);
  }

  /** Starts the client of the sources in a pane whose shell goes on, and prints its exit code. */
  clientInShell(args: readonly string[], options?: PaneOptions): Promise<Pane> {
    const script = '"$@"; printf "ended with %s" "$?"; exec tail -f /dev/null';
    return this.run(["/bin/sh", "-c", script, "sh", ...CLIENT, ...args], options);
  }

  /** Starts a shell that asks with `prompt`, and knows the client by its name. */
  async shell(prompt: string, options?: PaneOptions): Promise<Pane> {
    const program = `${this.folder}/messaging-client`;
    const words = CLIENT.map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(program, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o700 });
    const start = `PS1='${prompt}'; PATH="${this.folder}:$PATH"; export PS1 PATH; exec sh -i`;
    return await this.run(["sh", "-c", start], options);
  }

  /** Starts a program, such as a compiled client, with its arguments in a pane. */
  async run(command: readonly string[], options: PaneOptions = {}): Promise<Pane> {
    const { columns = 80, rows = 24, cwd = this.folder, env = {} } = options;
    const name = `pane${++this.#panes}`;
    const raw = `${this.folder}/${name}.raw`;
    await Deno.writeTextFile(raw, "");
    const status = `${this.folder}/${name}.status`;
    await Deno.writeTextFile(status, "");
    // tmux may miss the end of a program whose output is piped; a shell around it does not. It ends
    // when the terminal does: what runs in front is told of that only then.
    const script =
      `trap : INT TERM; "$@"; code=$?; printf '${END_FORMAT}'; echo $code >'${status}'`;
    const watched = ["sh", "-c", script, "sh"];
    const size = ["-x", `${columns}`, "-y", `${rows}`];
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    // In one go, so that nothing is written before the pipe is there.
    await this.tmux(
      ...[
        "new-session",
        "-d",
        "-s",
        name,
        ...size,
        "-c",
        cwd,
        ...variables,
        "--",
        ...watched,
        ...command,
      ],
      ...[";", "pipe-pane", "-t", name, "-O", `exec cat >> '${raw}'`],
      ...[";", "set-option", "-t", name, "status", "off"],
      ...[";", "set-option", "-t", name, "window-size", "manual"],
      ...[";", "resize-window", "-t", name, ...size],
    );
    return new Pane(this, name, raw, status);
  }

  /** Runs a command of tmux. Returns what it printed. */
  async tmux(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-S", `${this.folder}/socket`, "-f", "/dev/null", ...args],
      env: ENVIRONMENT,
    }).output();
    const decoder = new TextDecoder();
    if (code !== 0) throw new Error(`tmux ${args[0]}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = Number(await this.tmux("display-message", "-p", "#{pid}"));
    const ids = "#{?pane_dead,,#{pane_pid}}";
    const panes = (await this.tmux("list-panes", "-a", "-F", ids)).split("\n");
    const leaders = panes.filter((pid) => pid !== "").map(Number);
    for (const pid of leaders) killGroup(pid);
    await this.tmux("kill-server");
    await until("the panes and tmux have ended", () => ![server, ...leaders].some(isAlive));
    await this.remove();
  }
}

/** One terminal, and the program in it. */
export class Pane {
  constructor(
    private readonly terminals: Terminals,
    readonly name: string,
    private readonly rawPath: string,
    private readonly statusPath: string,
  ) {}

  /** Types `text` as it is. */
  async type(text: string): Promise<void> {
    await this.#send("-l", "--", text);
  }

  /** Presses keys by their names in tmux, such as Enter, Up, C-c, M-x or BSpace. */
  async key(...keys: string[]): Promise<void> {
    await this.#send("--", ...keys);
  }

  /** Types `text` and Enter. */
  async line(text: string): Promise<void> {
    await this.type(text);
    await this.key("Enter");
  }

  /** Pastes `text` at once, in brackets where the program has asked for them. */
  async paste(text: string): Promise<void> {
    await this.terminals.tmux("set-buffer", "--", text);
    await this.terminals.tmux("paste-buffer", "-p", "-r", "-d", "-t", this.name);
  }

  /** Returns the lines that are visible, without blanks at their ends. */
  async screen(): Promise<string> {
    return await this.terminals.tmux("capture-pane", "-p", "-t", this.name);
  }

  /** Returns {@link screen} with the sequences for colours and other looks. */
  async styledScreen(): Promise<string> {
    return await this.terminals.tmux("capture-pane", "-p", "-e", "-t", this.name);
  }

  /** Returns all lines from the first one on, also those that have left the screen. */
  async scrollback(): Promise<string> {
    return await this.terminals.tmux("capture-pane", "-p", "-S", "-", "-t", this.name);
  }

  /**
   * Returns every byte that the program has written, behind the first `from`: all of them once
   * {@link exitCode} has returned.
   */
  async written(from = 0): Promise<Uint8Array> {
    const { bytes, ended } = await this.#raw();
    return bytes.subarray(from, ended ? -END.length : undefined);
  }

  /** Returns what tmux knows of the pane, by its formats, such as `#{pane_title}`. */
  async asks(format: string): Promise<string> {
    return (await this.terminals.tmux("display-message", "-p", "-t", this.name, format)).trimEnd();
  }

  /** Changes the size of the terminal, in characters and lines. */
  async resize(columns: number, rows: number): Promise<void> {
    const size = ["-x", `${columns}`, "-y", `${rows}`];
    await this.terminals.tmux("resize-window", "-t", this.name, ...size);
  }

  /**
   * Waits until the screen has `wanted`. Returns the screen.
   * @throws {Error} with the screen, if the program ends without it or nothing comes of it
   */
  async waitFor(wanted: string | RegExp): Promise<string> {
    let screen = "";
    const seen = async () => {
      // Asked first: what the program wrote before its end is on the screen then.
      const told = await this.terminals.tmux(
        ...["display-message", "-p", "-t", this.name, "#{pane_dead}", ";"],
        ...["capture-pane", "-p", "-t", this.name],
      );
      screen = told.slice(told.indexOf("\n") + 1);
      if (typeof wanted === "string" ? screen.includes(wanted) : wanted.test(screen)) return true;
      if (told.startsWith("0")) return false;
      throw new Error(`the program ended without ${wanted} on its screen:\n${screen}`);
    };
    await until(`the screen has ${wanted}`, seen, STEP).catch((error) => {
      throw new Error(`${error.message}\n${screen}`, { cause: error });
    });
    return screen;
  }

  /** Waits until the program has ended, and all that it wrote is here. Returns its exit code. */
  async exitCode(): Promise<number> {
    let status = "";
    const ended = async () => {
      status = await Deno.readTextFile(this.statusPath);
      return status !== "" && (await this.#raw()).ended;
    };
    await until("the program has ended", ended, STEP).catch(async (error) => {
      throw new Error(`${error.message}\n${await this.screen()}`, { cause: error });
    });
    return Number(status);
  }

  /** Returns all that came from the terminal so far, and whether it has come to an {@link END}. */
  async #raw(): Promise<{ bytes: Uint8Array; ended: boolean }> {
    const bytes = await Deno.readFile(this.rawPath);
    const last = new TextDecoder("latin1").decode(bytes.subarray(-END.length));
    return { bytes, ended: last === END };
  }

  async #send(...keys: string[]): Promise<void> {
    await this.terminals.tmux("send-keys", "-t", this.name, ...keys);
  }
}

/** Declares a test with terminals; where there is no tmux it says so and does nothing. */
export function terminalTest(name: string, test: (terminals: Terminals) => Promise<void>): void {
  Deno.test(name, async () => {
    await using terminals = await Terminals.open();
    if (terminals) await test(terminals);
    else console.log("not tried: there is no tmux");
  });
}

/** Ends the processes of a group at once; those of other groups hear of it from their terminal. */
function killGroup(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT"); // harms nobody
    return true;
  } catch {
    return false;
  }
}
