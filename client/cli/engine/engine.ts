/** The engine of a profile: it has it open for long, and does the work of all other processes. */
import { equalBytes } from "../../../shared/bytes.ts";
import { formatAddress, parseAddress } from "../../network/address.ts";
import { openEndpoint, type Way } from "../../daemon/endpoint.ts";
import { EngineServer } from "../../daemon/engine_server.ts";
import type { Duplex } from "../../daemon/duplex.ts";
import type { PeerOptions, RpcPeer } from "../../daemon/rpc_peer.ts";
import type { Call, Method } from "../../daemon/method.ts";
import { ClientError } from "../../errors.ts";
import type { OpenedClient } from "../../open_client.ts";
import { callContext } from "./call_context.ts";
import { noteOfWork } from "./note_of_work.ts";
import {
  type AnyCommand,
  type CommandContext,
  runCommand,
  type RunningEngine,
} from "../command.ts";
import type { Process } from "../context.ts";
import type { RunForCall } from "./methods.ts";
import type { Output } from "../output/output.ts";

export interface EngineOptions {
  readonly commands: readonly AnyCommand[];
  readonly process: Process;
  /** Returns the passphrase that the profile was opened with. */
  readonly passphrase: () => Promise<string>;
  readonly way?: Way;
}

/** How long those who are being served may take to end in good order, in milliseconds. */
const GRACE = 3_000;
/** How long after a failure following is tried again, in milliseconds. */
const RETRY = 60_000;

/** Serves the profile to other processes until it is disposed of. */
export class Engine implements AsyncDisposable, RunningEngine {
  readonly #ended = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  readonly #listening: Disposable;
  #connection: RunningEngine["connection"] = { state: "offline", text: "" };
  #server: EngineServer | undefined;
  #following: Promise<void> | undefined;
  /** Resolves when a command has ended, after which more may be possible. */
  #worked = Promise.withResolvers<void>();

  private constructor(readonly opened: OpenedClient, readonly options: EngineOptions) {
    this.#listening = opened.client.events.on((event) => {
      if (event.kind === "connection") this.#connection = { state: event.state, text: event.text };
    });
  }

  /** Makes this process the engine of an open profile, with the methods of `table`. */
  static async start(
    opened: OpenedClient,
    options: EngineOptions,
    table: (engine: Engine, run: RunForCall) => readonly Method[],
  ): Promise<Engine> {
    const engine = new Engine(opened, options);
    const { process: { random }, way } = options;
    const endpoint = await openEndpoint(opened.profile.folder, { random, way });
    engine.#server = new EngineServer(endpoint, table(engine, engine.#runForCall.bind(engine)));
    return engine;
  }

  get connection(): RunningEngine["connection"] {
    return this.#connection;
  }

  /** How many conversations go on. */
  get count(): number {
    return this.#server?.count ?? 0;
  }

  /** Answers on another stream, too. */
  serve(stream: Duplex, options?: PeerOptions): RpcPeer {
    if (!this.#server) throw new TypeError("the engine has not started");
    return this.#server.serve(stream, options);
  }

  /** Resolves when somebody wants it to end. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Ends it: {@link ended} resolves, whereupon its owner disposes of it. */
  stop(): void {
    this.#ended.resolve();
  }

  /**
   * Collects messages as they come, and leaves them for those who receive. What stops it, such as
   * that nobody is registered yet, is tried again when it may have passed.
   */
  follow(): void {
    this.#following ??= this.#follow();
  }

  /** Does some work for a call; what it notes goes to `note`. */
  async work<T>(note: (text: string) => void, work: () => Promise<T>): Promise<T> {
    try {
      return await noteOfWork.run(note, work);
    } finally {
      this.#worked.resolve();
    }
  }

  /** @throws {ClientError} `in-use` if it works with another server than the given one */
  checkServer(given: string | undefined): void {
    if (given === undefined) return;
    const { address, profile: { servers } } = this.opened;
    const { key, ...other } = parseAddress(given, "--server");
    const own = address.key ?? servers.key(address);
    const isSameKey = !key || own !== undefined && equalBytes(key, own);
    if (isSameKey && formatAddress(other) === formatAddress(address)) return;
    const message = "the engine of this profile works with another server; end it first";
    throw new ClientError("in-use", `${message}: messaging-client stop`);
  }

  /** Serves nobody any more, and ends what goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    this.#stop.abort();
    this.#worked.resolve();
    this.#listening[Symbol.dispose]();
    await inGrace(Promise.all([this.#server?.[Symbol.asyncDispose](), this.#following]));
  }

  /** Runs what this process became an engine for, until it has ended or the engine shall end. */
  async untilEnded(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    const running = run(stop.signal);
    await Promise.race([running, this.ended]);
    stop.abort();
    await inGrace(running);
  }

  async *#runForCall(
    command: AnyCommand,
    args: unknown,
    call: Call,
    problem: (error: unknown) => void,
  ): AsyncGenerator<Output> {
    const { commands, process: runtime } = this.options;
    const options = { profile: this.opened.profile.folder, json: true, quiet: false };
    const context: CommandContext = {
      ...callContext(call, { commands, options, runtime, problem }),
      ...this.opened,
      engine: this,
    };
    const results = runCommand(command, args, context);
    try {
      for (;;) {
        const { done, value } = await this.work(context.note, () => results.next());
        if (done) return;
        yield value;
      }
    } finally {
      await results.return(undefined);
      context.progress.stop();
    }
  }

  async #follow(): Promise<void> {
    const { client, profile } = this.opened;
    const { signal } = this.#stop;
    const options = { files: "announce", later: true, signal } as const;
    while (!signal.aborted) {
      this.#worked = Promise.withResolvers();
      try {
        const following = client.follow(profile.folder, () => {}, options);
        for await (const _ of following);
      } catch (error) {
        if (signal.aborted) return;
        const text = error instanceof Error ? error.message : String(error);
        client.events.emit({ kind: "connection", state: "offline", text });
        // A classic profile can follow once its owner has registered anew.
        const isClassic = error instanceof ClientError && error.code === "not-needed";
        const { sleep } = this.options.process;
        await Promise.race([this.#worked.promise, ...isClassic ? [] : [sleep(RETRY)]]);
      }
    }
  }
}

/** Waits for `work`, but not for long. */
async function inGrace(work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, GRACE);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
