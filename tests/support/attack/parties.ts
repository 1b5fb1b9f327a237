/** People with profiles of their own, and what can be seen of their state and of the server's. */
import { Database } from "@db/sqlite";
import { parseAddress } from "../../../client/network/address.ts";
import { Client } from "../../../client/client.ts";
import { ClientError } from "../../../client/errors.ts";
import type { Received } from "../../../client/inbox/received.ts";
import { Profile } from "../../../client/profile/profile.ts";
import type { Contact } from "../../../client/profile/tables/contacts.ts";
import type { ProfileNetwork } from "../../../client/network/profile_network.ts";
import type { IncomingContent } from "../../../client/network/transport.ts";
import { type Bytes, fromUtf8, toHex, utf8 } from "../../../shared/bytes.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import type { MessageHead } from "../../../shared/protocol/message.ts";
import { networkOf } from "../client/network.ts";
import { ONE_TIME_TARGET } from "../new_client.ts";
import { tempFolder } from "../temp_folder.ts";

/** That many random bytes. */
export function random(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** A person with a client, which runs in this process and waits for nothing between attempts. */
export class Party implements AsyncDisposable {
  /** The profile's folder. */
  readonly folder: string;
  profile: Profile;
  /** The keys that were accepted because they were the first. */
  readonly firstKeys: string[] = [];
  /** How long it would have waited before each further attempt. */
  readonly waits: number[] = [];
  /** Why it had to connect anew while it followed, each time, and how long it waited before. */
  readonly troubles: { readonly text: string; readonly wait: number }[] = [];
  /** What its user was told beside the answers. */
  readonly notes: string[] = [];
  /** The servers that it has turned to. */
  readonly servers: string[] = [];
  /** Milliseconds since 1970. */
  now: () => number = () => Date.now();
  /** Where the system keeps state outside of the profile; undefined is nowhere. */
  stateDirectory: string | undefined;
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

  /** The network of one run of the client. */
  network(address: string): ProfileNetwork {
    if (!this.servers.includes(address)) this.servers.push(address);
    let trouble: string | null = null;
    return networkOf(this.profile, parseAddress(address, "the test"), {
      deadline: this.deadline,
      onFirstKey: (key) => this.firstKeys.push(toHex(key)),
      sleep: (milliseconds) => {
        this.waits.push(milliseconds);
        if (trouble !== null) this.troubles.push({ text: trouble, wait: milliseconds });
        trouble = null;
        return Promise.resolve();
      },
      onConnection: (state, text) => {
        if (state === "waiting") trouble = text; // and then it sleeps
      },
      now: this.now,
    });
  }

  /** What one run of the client does on the server at `address`. */
  async with<T>(address: string, act: (client: Client) => Promise<T>): Promise<T> {
    const network = this.network(address);
    const { profile, now, stateDirectory } = this;
    const note = (text: string) => this.notes.push(text);
    try {
      const options = { profile, network, now, random, note, stateDirectory };
      return await act(new Client({ ...options, oneTimeTarget: ONE_TIME_TARGET }));
    } finally {
      await network.close();
    }
  }

  async send(address: string, to: string, text: string): Promise<void> {
    await this.with(address, (client) => client.sendText(to, text));
  }

  /** Has the server keep these words for `to`, past everything but the channel. */
  async post(address: string, to: Bytes, words: string): Promise<void> {
    const network = this.network(address);
    try {
      await network.transport.send({ to, type: MessageType.text, content: utf8(words) });
    } finally {
      await network.close();
    }
  }

  /** The words of all that others have posted. */
  async collect(address: string): Promise<string[]> {
    const words: string[] = [];
    const store = async (head: MessageHead, content: IncomingContent) => {
      const bytes = new Uint8Array(head.size);
      for (let have = 0; have < bytes.length;) have += await content.read(bytes.subarray(have));
      words.push(fromUtf8(bytes));
      return true;
    };
    const network = this.network(address);
    try {
      const receiver = { store, flush: () => Promise.resolve() };
      const polled = await network.transport.poll(receiver);
      await polled.acknowledge();
    } finally {
      await network.close();
    }
    return words;
  }

  /** Receives to the end. Returns a line for each message. */
  async receive(address: string): Promise<string[]> {
    const out = `${this.folder}/out`;
    return await this.with(address, async (client) => {
      const received = await Array.fromAsync(client.receive(out, () => {}));
      return received.map(tell);
    });
  }

  /** Ends the process and starts it again; `meanwhile` something may happen to the folder. */
  async restart(meanwhile?: () => Promise<void>): Promise<void> {
    this.profile[Symbol.dispose]();
    await meanwhile?.();
    this.profile = await Profile.open(this.folder);
  }

  /** What is kept of the sessions with `peer`, decrypted and then hashed. */
  sessions(peer: Bytes): string[] {
    const kept = this.profile.sessions.load(peer);
    return kept.map(({ number, state }) => `${number} ${toHex(sha256(state))}`);
  }

  /**
   * Hashes of what the profile keeps, decrypted: all but the marks and the attempts to send or to
   * receive, which change every time.
   */
  state(): Record<string, string> {
    const { contacts, keys, sessions, prekeys, history, repairs, servers } = this.profile;
    const all = contacts.all();
    const classic = ({ id }: Contact) => [keys.own(id), keys.sending(id), keys.all(id)];
    const kept = {
      contacts: all,
      keys: all.map(classic),
      sessions: all.map(({ id }) => sessions.load(id)),
      prekeys: prekeys.after(0),
      received: all.map(({ id }) => [...history.list(id)].filter(({ sent }) => !sent)),
      repairs: all.map(({ id }) => repairs.get(id)),
      servers: this.servers.map((address) => servers.key(parseAddress(address, "the test"))),
    };
    return Object.fromEntries(
      Object.entries(kept).map(([name, values]) => {
        return [name, toHex(sha256(utf8(JSON.stringify(values, shown))))];
      }),
    );
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

/** Bytes in hex. */
function shown(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value) : value;
}

function dump(path: string, queries: string[]): string {
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
    case "unusable":
      return `${from}: (${received.count} ${received.flaw})`;
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
