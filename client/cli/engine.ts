/** The engine of a profile: it has it open for long, and does the work of all other processes. */
import { AsyncLocalStorage } from "node:async_hooks";
import { equalBytes } from "../../shared/bytes.ts";
import { formatAddress, parseAddress } from "../network/address.ts";
import { openEndpoint, type Way } from "../daemon/endpoint.ts";
import { EngineServer } from "../daemon/engine_server.ts";
import type { Call, Method } from "../daemon/method.ts";
import { ClientError } from "../errors.ts";
import type { OnTrouble } from "../network/transport.ts";
import type { OpenedClient } from "../open_client.ts";
import { callContext } from "./call_context.ts";
import { type AnyCommand, type CommandContext, type EngineInfo, runCommand } from "./command.ts";
import type { Process } from "./context.ts";
import { commandMethods } from "./methods.ts";
import type { Output } from "./output/output.ts";

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

/** Whoever hears what the user may want to know of the work at hand. */
const noteOfWork = new AsyncLocalStorage<(text: string) => void>();

/** Tells the asker that an engine works for; `otherwise` is called if it works for nobody. */
export function noteToAsker(text: string, otherwise: (text: string) => void): void {
  (noteOfWork.getStore() ?? otherwise)(text);
}

/** Serves the profile to other processes until it is disposed of. */
export class Engine implements AsyncDisposable, EngineInfo {
  readonly #ended = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  readonly #listening: Disposable;
  #connection: EngineInfo["connection"] = { state: "offline", text: "" };
  #server: EngineServer | undefined;
  #following: Promise<void> | undefined;
  /** Resolves when a command has ended, after which more may be possible. */
  #worked = Promise.withResolvers<void>();

  private constructor(readonly opened: OpenedClient, readonly options: EngineOptions) {
    this.#listening = opened.client.events.on((event) => {
      if (event.kind === "connection") this.#connection = { state: event.state, text: event.text };
    });
  }

  /** Makes this process the engine of an open profile; `more` methods are its own. */
  static async start(
    opened: OpenedClient,
    options: EngineOptions,
    more: (engine: Engine) => readonly Method[],
  ): Promise<Engine> {
    const engine = new Engine(opened, options);
    const { process: { random }, way } = options;
    const endpoint = await openEndpoint(opened.profile.folder, { random, way });
    const run = engine.#runForCall.bind(engine);
    const methods = [...commandMethods(options.commands, run), ...more(engine)];
    engine.#server = new EngineServer(endpoint, methods);
    return engine;
  }

  get connection(): EngineInfo["connection"] {
    return this.#connection;
  }

  get server(): EngineServer {
    if (!this.#server) throw new TypeError("the engine has not started");
    return this.#server;
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
  follow(onTrouble: OnTrouble = () => {}): void {
    this.#following ??= this.#follow(onTrouble);
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
    const { sleep } = this.options.process;
    await Promise.race([this.#server?.[Symbol.asyncDispose](), sleep(GRACE)]);
    await this.#following;
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
    }
  }

  async #follow(onTrouble: OnTrouble): Promise<void> {
    const { client, profile } = this.opened;
    const { signal } = this.#stop;
    const options = { files: "announce", later: true, signal } as const;
    while (!signal.aborted) {
      this.#worked = Promise.withResolvers();
      try {
        const following = client.follow(profile.folder, () => {}, onTrouble, options);
        for await (const _ of following);
      } catch (error) {
        if (signal.aborted) return;
        const text = error instanceof Error ? error.message : String(error);
        client.events.emit({ kind: "connection", state: "offline", text });
        await Promise.race([this.#worked.promise, this.options.process.sleep(RETRY)]);
      }
    }
  }
}
