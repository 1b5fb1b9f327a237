import { prepare } from "./dispatch.ts";
import type { Duplex } from "./duplex.ts";
import { LineTooLong, LineWriter, MAX_LINE, readLines } from "./json_lines.ts";
import type { Call, Method } from "./method.ts";
import {
  BUSY,
  fromWire,
  INTERNAL_ERROR,
  INVALID_REQUEST,
  PARSE_ERROR,
  RpcError,
  toWire,
} from "./rpc_error.ts";
import {
  type Answer,
  idOf,
  isObject,
  type Params,
  parseLine,
  readMessage,
  type Request,
  type RequestId,
} from "./rpc_message.ts";

export interface RequestOptions {
  /** Cancels the request: the other side is told, and its answer is still waited for. */
  readonly signal?: AbortSignal;
  /** Hears the notifications that belong to this request, in their order, before its answer. */
  readonly onNotification?: OnNotification;
}

export type OnNotification = (method: string, params: Params) => void;

export interface PeerOptions {
  /** Hears the notifications that belong to no request of this side. */
  readonly onNotification?: OnNotification;
  /** Whether calls may finish when the other side has said its last; they are aborted if not. */
  readonly finish?: boolean;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly onNotification?: OnNotification;
}

/** The longest answer, in UTF-16 units of at most 3 bytes of UTF-8. */
const MAX_ANSWER = MAX_LINE / 4;
/** The most requests that are worked on at a time. */
export const MAX_CALLS = 64;
/** How long the end waits for a reader of the last lines, in milliseconds. */
const LAST_WAIT = 2_000;
/** The notification that cancels the request with the ID `request`. */
const CANCEL = "cancel";
/** The notification that calls may finish when the other side has said its last. */
export const FINISH = "finish";

/**
 * One side of a JSON-RPC 2.0 conversation: objects in UTF-8, one a line. Both sides may ask, at any
 * time; answers come in the order in which they are ready.
 */
export class RpcPeer {
  /**
   * Resolves when the conversation is over and all calls have ended; it never rejects. Then whoever
   * opened the stream closes it.
   */
  readonly closed: Promise<void>;
  readonly #writer: LineWriter;
  readonly #lines: AsyncGenerator<Uint8Array>;
  readonly #input: ReadableStreamDefaultReader<Uint8Array>;
  /** What runs here, and how it is cancelled. */
  readonly #calls = new Map<Promise<void>, { id: RequestId | undefined; abort(): void }>();
  /** What was asked there. */
  readonly #pending = new Map<RequestId, Pending>();
  #lastId = 0;
  #over = false;
  #mayFinish: boolean;

  constructor(
    stream: Duplex,
    private readonly methods: readonly Method[],
    private readonly options: PeerOptions = {},
  ) {
    this.#mayFinish = options.finish ?? false;
    this.#input = stream.readable.getReader();
    this.#lines = readLines(chunksOf(this.#input));
    this.#writer = new LineWriter(stream.writable, () => this.#stop());
    this.closed = this.#run();
  }

  /**
   * Asks the other side. The error of an answer with one of our codes comes back as what it was
   * there: a `ClientError` or a `UsageError`.
   * @throws {RpcError} for other errors, and if the conversation ends before the answer
   */
  async request(
    method: string,
    params: Params = {},
    { signal, onNotification }: RequestOptions = {},
  ): Promise<unknown> {
    if (this.#over) throw gone();
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, { ...answer, onNotification });
    this.#write({ id, method, params });
    const cancel = () => this.post(CANCEL, { request: id });
    signal?.addEventListener("abort", cancel);
    if (signal?.aborted) cancel();
    try {
      return await answer.promise;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#pending.delete(id);
    }
  }

  /** Tells the other side something. Resolves when there is room for more. */
  async notify(method: string, params: Params = {}): Promise<void> {
    await this.#writer.room();
    this.post(method, params);
  }

  /** As {@link notify}, at once. A peer that does not read what waits for it is given up. */
  post(method: string, params: Params = {}): void {
    this.#write({ method, params });
  }

  /** Ends the conversation: calls are aborted, requests of this side fail. */
  close(): Promise<void> {
    this.#stop();
    return this.closed;
  }

  async #run(): Promise<void> {
    try {
      for await (const line of this.#lines) this.#takeLine(line);
    } catch (error) {
      this.#stop();
      // Anything else is the stream, which is no more.
      if (error instanceof LineTooLong) this.#refuse(new RpcError(PARSE_ERROR, error.message));
    }
    this.#over = true;
    for (const { reject } of this.#pending.values()) reject(gone());
    if (!this.#mayFinish) this.#stop();
    while (this.#calls.size > 0) await Promise.all(this.#calls.keys());
    const late = setTimeout(() => this.#writer.abort(), LAST_WAIT);
    await this.#writer.end();
    clearTimeout(late);
  }

  /** Aborts what runs, and hears nothing more. */
  #stop(): void {
    this.#over = true;
    for (const { abort } of this.#calls.values()) abort();
    this.#input.cancel().catch(() => {});
  }

  #takeLine(line: Uint8Array): void {
    if (this.#over || isBlank(line)) return;
    try {
      const value = parseLine(line);
      if (Array.isArray(value)) void this.#takeBatch(value);
      else void this.#take(value, (answer) => this.#write(answer));
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Answers all requests of an array in one array. */
  async #takeBatch(values: readonly unknown[]): Promise<void> {
    const answers: string[] = [];
    let room = MAX_ANSWER;
    const add = (answer: Outgoing) => {
      const line = lineOf(answer, room);
      room -= line.length;
      answers.push(line);
    };
    await Promise.all(values.map((value) => this.#take(value, add)));
    if (answers.length > 0) this.#writer.write(`[${answers.join(",")}]`);
  }

  /** Resolves when it is done. */
  async #take(value: unknown, answer: (answer: Outgoing) => void): Promise<void> {
    try {
      const message = readMessage(value);
      if (message.kind === "answer") this.#takeAnswer(message);
      else if (!this.#takeNotification(message)) await this.#call(message, answer);
    } catch (error) {
      answer({ id: idOf(value), error: toWire(error) });
    }
  }

  #takeAnswer({ id, result, error }: Answer): void {
    const pending = id === null ? undefined : this.#pending.get(id);
    if (error) pending?.reject(fromWire(error));
    else pending?.resolve(result);
  }

  /** Reports whether it is a notification, and not a method of this side. */
  #takeNotification({ id, method, params }: Request): boolean {
    if (id !== undefined || this.methods.some(({ name }) => name === method)) return false;
    const given = isObject(params) ? params : {};
    const request = given.request as RequestId;
    if (method === CANCEL) {
      for (const call of this.#calls.values()) if (call.id === request) call.abort();
      return true;
    }
    if (method === FINISH) {
      this.#mayFinish = true;
      return true;
    }
    const { onNotification } = this.#pending.get(request) ?? this.options;
    onNotification?.(method, given);
    return true;
  }

  /** Runs a method. @throws {RpcError} if it cannot be begun */
  #call(request: Request, answer: (answer: Outgoing) => void): Promise<void> {
    const { id } = request;
    const calls = [...this.#calls.values()];
    if (id !== undefined && calls.some((call) => call.id === id)) {
      throw new RpcError(INVALID_REQUEST, "another request with this id is worked on");
    }
    if (calls.length >= MAX_CALLS) {
      const message = `more than ${MAX_CALLS} requests at once; wait for an answer`;
      throw new RpcError(BUSY, message, { code: "busy" });
    }
    const { method, params } = prepare(request, this.methods);
    const abort = new AbortController();
    const call: Call = {
      id,
      peer: this,
      signal: abort.signal,
      notify: (method, more = {}) => this.notify(method, { ...more, request: id }),
      request: (method, more = {}) => this.request(method, { ...more, request: id }, abort),
    };
    const run = async () => {
      const outcome = await outcomeOf(() => method.run(params, call));
      if (id !== undefined) answer({ id, ...outcome });
    };
    const running = run().finally(() => this.#calls.delete(running));
    this.#calls.set(running, { id, abort: () => abort.abort() });
    return running;
  }

  #refuse(error: unknown): void {
    this.#write({ id: null, error: toWire(error) });
  }

  #write(message: Outgoing): void {
    this.#writer.write(lineOf(message));
  }
}

type Outgoing =
  | { method: string; params: Params; id?: RequestId }
  | { id: RequestId | null; result: unknown }
  | { id: RequestId | null; error: ReturnType<typeof toWire> };

async function outcomeOf(run: () => unknown) {
  try {
    return { result: await run() ?? null };
  } catch (error) {
    return { error: toWire(error) };
  }
}

/** Returns a message as a line. An answer that is too long for one becomes an error. */
function lineOf(message: Outgoing, room = MAX_ANSWER): string {
  const line = JSON.stringify({ jsonrpc: "2.0", ...message });
  if (!("result" in message) || line.length <= room) return line;
  const error = new RpcError(INTERNAL_ERROR, "the result is too long for one answer: ask for less");
  return lineOf({ id: message.id, error: toWire(error) });
}

async function* chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>) {
  for (let next; !(next = await reader.read()).done;) yield next.value;
}

const isBlank = (line: Uint8Array) => line.every((byte) => byte === 32 || byte === 13);
const gone = () => new RpcError(INTERNAL_ERROR, "the other side has gone", { code: "gone" });
