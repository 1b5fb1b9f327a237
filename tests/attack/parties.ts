/** People with profiles of their own, and what can be seen of their state and of the server's. */
import { Database } from "@db/sqlite";
import { parseAddress } from "../../client/address.ts";
import { Client } from "../../client/client.ts";
import { ClientError } from "../../client/errors.ts";
import type { Received } from "../../client/inbox.ts";
import { Profile } from "../../client/profile/profile.ts";
import { ProfileTransport } from "../../client/profile_transport.ts";
import { toHex } from "../../shared/bytes.ts";
import { tempFolder } from "../temp_folder.ts";

/** A person with a client, which runs in this process and waits for nothing between attempts. */
export class Party implements AsyncDisposable {
  /** The profile's folder. */
  readonly folder: string;
  profile: Profile;
  /** The keys that were accepted because they were the first. */
  readonly firstKeys: string[] = [];
  /** How long it would have waited before each further attempt. */
  readonly waits: number[] = [];
  /** How long it waits for an answer, in milliseconds; undefined is as long as always. */
  deadline: number | undefined;
  readonly #stack: AsyncDisposableStack;

  private constructor(folder: string, profile: Profile, stack: AsyncDisposableStack) {
    this.folder = folder;
    this.profile = profile;
    this.#stack = stack;
    stack.defer(() => this.profile[Symbol.dispose]());
  }

  static async open(): Promise<Party> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempFolder());
    return new Party(path, await Profile.open(path), stack);
  }

  /** One that is registered. */
  static async registered(
    name: string,
    address: string,
    { classic = false } = {},
  ): Promise<Party> {
    const party = await Party.open();
    await party.with(address, (client) => client.register(name, { classic }));
    return party;
  }

  /** The transport of one run of the client. */
  transport(address: string): ProfileTransport {
    return new ProfileTransport({
      profile: this.profile,
      address: parseAddress(address, "the test"),
      deadline: this.deadline,
      onFirstKey: (key) => this.firstKeys.push(toHex(key)),
      sleep: (milliseconds) => {
        this.waits.push(milliseconds);
        return Promise.resolve();
      },
      random: (size) => crypto.getRandomValues(new Uint8Array(size)),
      now: () => Date.now(),
    });
  }

  /** What one run of the client does on the server at `address`. */
  async with<T>(address: string, act: (client: Client) => Promise<T>): Promise<T> {
    const transport = this.transport(address);
    try {
      return await act(new Client(this.profile, transport, () => Date.now()));
    } finally {
      await transport.close();
    }
  }

  async send(address: string, to: string, text: string): Promise<void> {
    await this.with(address, (client) => client.sendText(to, text));
  }

  /** Receives to the end; gives a line for each message. */
  async receive(address: string): Promise<string[]> {
    const out = `${this.folder}/out`;
    return await this.with(address, async (client) => {
      const received = await Array.fromAsync(client.receive(out, () => {}));
      return received.map(tell);
    });
  }

  /** All rows of the profile, but for the counters of what was sent: they only ever grow. */
  state(): string {
    return dump(`${this.folder}/profile.db`, [
      "SELECT * FROM contacts",
      "SELECT * FROM classic_keys",
      "SELECT * FROM envelopes",
      "SELECT * FROM secure_identity",
      "SELECT * FROM servers",
      "SELECT contact, received FROM interim_counters WHERE received >= 0",
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** All rows of the server in `folder`. */
export function serverState(folder: string): string {
  return dump(`${folder}/server.db`, [
    "SELECT * FROM clients",
    "SELECT * FROM messages",
    "SELECT * FROM tokens",
  ]);
}

/** How many messages wait on the server in `folder`. */
export function waitingMessages(folder: string): number {
  return query(`${folder}/server.db`, (database) => {
    return database.prepare("SELECT count(*) FROM messages").value<[number]>()?.[0] ?? -1;
  });
}

function dump(path: string, queries: string[]): string {
  const shown = (_: string, value: unknown) => value instanceof Uint8Array ? toHex(value) : value;
  return query(path, (database) => {
    return queries.map((sql) => JSON.stringify(database.prepare(sql).all(), shown)).join("\n");
  });
}

function query<T>(path: string, ask: (database: Database) => T): T {
  const database = new Database(path);
  try {
    database.exec("PRAGMA busy_timeout = 5000");
    return ask(database);
  } finally {
    database.close();
  }
}

/** One received message in a line. */
export function tell(received: Received): string {
  const from = received.from.name + (received.from.authenticated ? "" : "?");
  switch (received.type) {
    case "text":
      return `${from}: ${received.text}`;
    case "problem":
      return `${from}! ${received.error.code}`;
    default:
      return `${from}: (${received.type})`;
  }
}

/** The code of the error that `act` ends with; "none" where it succeeds. */
export async function failure(act: Promise<unknown>): Promise<ClientError["code"] | "none"> {
  try {
    await act;
    return "none";
  } catch (error) {
    if (error instanceof ClientError) return error.code;
    throw error;
  }
}
