/**
 * Where the server's time goes: V8's CPU profile of a process that was started with `--inspect`,
 * and its time by category. V8 sees the main thread alone.
 */

/** A profile as V8 gives it: samples of the call tree, and the microseconds before each. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: Frame;
  readonly children?: readonly number[];
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

const SQLITE = /\/shared\/sqlite\.ts$/;

/** Between two samples, in microseconds. */
const INTERVAL = 200;

/** The profiler in another process. */
export class CpuProfiler implements Disposable {
  #lastId = 0;

  private constructor(private readonly socket: WebSocket) {}

  /** Connects to the inspector at `url`, which the process writes when it starts. */
  static async connect(url: string): Promise<CpuProfiler> {
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`no inspector answers at ${url}`));
    await promise;
    return new CpuProfiler(socket);
  }

  async start(): Promise<void> {
    await this.#ask("Profiler.enable");
    await this.#ask("Profiler.setSamplingInterval", { interval: INTERVAL });
    await this.#ask("Profiler.start");
  }

  async stop(): Promise<CpuProfile> {
    return (await this.#ask("Profiler.stop") as { profile: CpuProfile }).profile;
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }

  #ask(method: string, params: Record<string, unknown> = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.socket.onmessage = ({ data }) => {
      const answer = JSON.parse(data);
      if (answer.id === id) resolve(answer.result);
    };
    this.socket.send(JSON.stringify({ id, method, params }));
    return promise;
  }
}

interface Category {
  readonly name: string;
  /** Reports whether `frame`, which `caller` has called, is in it. */
  has(frame: Frame, caller?: Frame): boolean;
}

/** In the order in which they are tried on each frame. */
const CATEGORIES: readonly Category[] = [
  { name: "garbage collection", has: named(/^\(garbage collector\)$/) },
  { name: "socket, written", has: named(/^op_(net_)?write/) },
  { name: "socket, read", has: named(/^op_(net_)?read/) },
  { name: "SQLite, commits and their disk", has: isCommit },
  { name: "SQLite, statements", has: within(SQLITE) },
  { name: "storage", has: within(/\/server\/(storage|contents)\//) },
  { name: "AEAD", has: within(/\/(chacha20_poly1305|cipher_state)\.ts$/) },
  { name: "handshake", has: within(/\/shared\/crypto\/|\/(handshake|symmetric_state)\.ts$|noble/) },
  { name: "records", has: within(/\/shared\/channel\//) },
  { name: "codec", has: within(/\/shared\/(protocol\/|cursor\.ts|bytes\.ts)/) },
  { name: "handlers", has: within(/\/server\/handlers\//) },
  { name: "session", has: within(/\/server\/(secure|wire|connections)\//) },
  { name: "limits, metrics", has: within(/\/server\/(limits|metrics|upkeep)\//) },
  { name: "other code", has: within(/\/(server|shared)\//) },
];

/** What is in none of them. */
const RUNTIME = "runtime";

/** The names of all categories, in the order of a table. */
export const CATEGORY_NAMES: readonly string[] = [...CATEGORIES.map(({ name }) => name), RUNTIME];

function named(pattern: RegExp) {
  return ({ functionName }: Frame) => pattern.test(functionName);
}

function within(pattern: RegExp) {
  return ({ url }: Frame) => pattern.test(url);
}

/** Transactions begin and end by the native `exec`, which also waits for the disk. */
function isCommit({ functionName, url }: Frame, caller?: Frame): boolean {
  return functionName === "exec" && url === "" && SQLITE.test(caller?.url ?? "");
}

/**
 * Returns the microseconds of each category, the idle time left out. A sample belongs to the
 * innermost frame that is in one: what the runtime does for a module is that module's time, and
 * what it does by itself is the runtime's.
 */
export function timeByCategory({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap((node) => node.children?.map((child) => [child, node] as const) ?? []),
  );
  const categoryOf = (id: number): string | null => {
    if (byId.get(id)?.callFrame.functionName === "(idle)") return null;
    for (let node = byId.get(id); node; node = parents.get(node.id)) {
      const { callFrame } = node;
      const caller = parents.get(node.id)?.callFrame;
      const found = CATEGORIES.find(({ has }) => has(callFrame, caller));
      if (found) return found.name;
    }
    return RUNTIME;
  };
  const times = new Map(CATEGORY_NAMES.map((name) => [name, 0]));
  samples.forEach((id, i) => {
    const category = categoryOf(id);
    if (category) times.set(category, times.get(category)! + timeDeltas[i]);
  });
  return times;
}
