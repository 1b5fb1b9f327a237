/** A server inside the test's process: real sockets, a real database and real files. */
import { configureSync, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import { Database } from "@db/sqlite";
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../server/limits/limits.ts";
import { Listener } from "../../../server/connections/listener.ts";
import { Metrics } from "../../../server/metrics/metrics.ts";
import { openServices, type Services } from "../../../server/services.ts";
import { assertEquals } from "../assert.ts";
import { until } from "../until.ts";
import { Peer } from "./peer.ts";
import { SecurePeer, Someone } from "./secure_peer.ts";

/** Time as a test wants it. */
export class FakeClock {
  /** Milliseconds. */
  now = 0;
  /** How often the server has looked. */
  looks = 0;

  readonly read = (): number => {
    this.looks++;
    return this.now;
  };
}

export interface FixtureOptions {
  limits?: Partial<Limits>;
  /** Addresses that are not counted; none by default. */
  exempt?: string[];
  clock?: FakeClock;
  /** What the storage takes for the time, in milliseconds since 1970. */
  now?: () => number;
  /** Wraps or replaces services before the server starts. */
  services?: (services: Services) => Partial<Services>;
  /** Whether the server may log errors; otherwise each fails the test. */
  errors?: boolean;
  /** The server's key; a new one by default. */
  serverKey?: X25519KeyPair;
  /** Whether the log may hold addresses; false by default. */
  logAddresses?: boolean;
  /** Whether classic clients are served; true by default. */
  classic?: boolean;
  /** Who may register; everyone by default. */
  registration?: Services["registration"];
  /** Whether clients may list the others; true by default. */
  directory?: boolean;
}

export class ServerFixture implements AsyncDisposable {
  readonly folder: string;
  readonly services: Services;
  readonly listener: Listener;
  readonly log: LogRecord[];
  readonly #options: FixtureOptions;
  readonly #peers: Disposable[] = [];
  readonly #others: Listener[] = [];

  private constructor(folder: string, options: FixtureOptions, opened: Services, log: LogRecord[]) {
    this.folder = folder;
    this.#options = options;
    this.log = log;
    this.services = { ...opened, ...options.services?.(opened) };
    this.listener = new Listener(this.services, { hostname: "127.0.0.1", port: 0 });
  }

  static async start(options: FixtureOptions = {}): Promise<ServerFixture> {
    const folder = await Deno.makeTempDir({ prefix: "server_" });
    await Deno.mkdir(`${folder}/files`);
    await Deno.mkdir(`${folder}/chunks`);
    const log: LogRecord[] = [];
    configureSync({
      sinks: { memory: (record) => log.push(record) },
      loggers: [
        { category: "messaging-server", sinks: ["memory"], lowestLevel: "debug" },
        { category: ["logtape", "meta"], sinks: [] },
      ],
    });
    const services = await openServices(folder, {
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      exempt: new Set(options.exempt),
      serverKey: options.serverKey ?? X25519KeyPair.generate(),
      classic: options.classic ?? true,
      registration: options.registration ?? "open",
      directory: options.directory ?? true,
      clock: options.clock?.read ?? (() => performance.now()),
      now: options.now ?? (() => Date.now()),
      random: randomBytes,
      log: getLogger("messaging-server"),
      logAddresses: options.logAddresses ?? false,
      metrics: new Metrics(),
    });
    return new ServerFixture(folder, options, services, log);
  }

  /** A new connection, which ends with the server at the latest. */
  async connect(listener = this.listener): Promise<Peer> {
    const peer = await Peer.connect(listener.address.port);
    this.#peers.push(peer);
    return peer;
  }

  /** A second server over the same state; it ends with this one. */
  listenAlso(services: Partial<Services>): Listener {
    const options = { hostname: "127.0.0.1", port: 0 };
    const listener = new Listener({ ...this.services, ...services }, options);
    this.#others.push(listener);
    return listener;
  }

  /** A new secure channel, nobody logged in on it; it ends with the server at the latest. */
  async open(listener = this.listener): Promise<SecurePeer> {
    return await this.openAt(listener.address.port);
  }

  /** The same where something else stands between. */
  async openAt(port: number): Promise<SecurePeer> {
    const peer = await SecurePeer.open(port);
    this.#peers.push(peer);
    return peer;
  }

  /** A channel of `who`, logged in and registered. */
  async secure(who: Someone | string): Promise<SecurePeer> {
    const someone = typeof who === "string" ? await Someone.called(who) : who;
    const peer = await this.open();
    const { registered } = await peer.login(someone);
    if (!registered) await peer.register(someone);
    return peer;
  }

  /** Waits until the server has noticed that connections ended; `count` are left. */
  async connectionsLeft(count: number): Promise<void> {
    await until(`${count} connections are left`, () => this.listener.connections === count);
  }

  /** Everything that lasts: all rows of all tables, and the names and sizes of all files. */
  dump(): Record<string, unknown[]> {
    const database = new Database(`${this.folder}/server.db`);
    try {
      const rows = (sql: string) =>
        database.prepare(sql).all().map((row) =>
          Object.values(row).map((value) => value instanceof Uint8Array ? toHex(value) : value)
        );
      return {
        clients: rows("SELECT * FROM clients ORDER BY number"),
        messages: rows("SELECT * FROM messages ORDER BY mailbox, id"),
        tokens: rows("SELECT * FROM tokens ORDER BY number"),
        prekeys: rows("SELECT * FROM prekeys ORDER BY owner, kind, id"),
        files: this.files(),
        shared: rows("SELECT * FROM files ORDER BY number"),
        receivers: rows("SELECT * FROM file_receivers ORDER BY file, receiver"),
      };
    } finally {
      database.close();
    }
  }

  /** The names and sizes of the files that hold contents, finished or not. */
  files(): string[] {
    const files = `${this.folder}/files`;
    return [...Deno.readDirSync(files)]
      .map(({ name }) => `${name} ${Deno.statSync(`${files}/${name}`).size}`)
      .sort();
  }

  /** Where the file called `name` lies. */
  file(name: string): string {
    return `${this.folder}/files/${name}`;
  }

  /** Puts a message whose file is a hole of `size` bytes into a mailbox. Returns its path. */
  async depositHole(to: Bytes, size: number): Promise<string> {
    const blob = toHex(this.services.random(16));
    using file = await Deno.create(this.file(blob));
    await file.truncate(size);
    const content = { blob, size };
    await this.services.storage.deposit({ from: to, to, type: MessageType.file, content });
    return this.file(blob);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer[Symbol.dispose]();
    for (const listener of [this.listener, ...this.#others]) await listener.stop();
    await this.services.files.close();
    await this.services.storage.close();
    resetSync();
    await Deno.remove(this.folder, { recursive: true });
    if (this.#options.errors) return;
    const errors = this.log.filter(({ level }) => level === "error" || level === "fatal");
    assertEquals(errors.map(({ message, properties }) => ({ message, properties })), []);
  }
}
