/** The table of clients. Each row also counts what waits in the client's mailbox. */
import { type Bytes, equalBytes, utf8 } from "../../../shared/bytes.ts";
import type { Database } from "@db/sqlite";
import { StorageError } from "../../../shared/errors.ts";
import { looksOf } from "../look_alikes.ts";
import { type Client, type ClientList, known, type ListedClient } from "../storage.ts";
import type { StorageOptions } from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { SqliteInvites } from "./invites.ts";
import type { SqliteOccupancy } from "./occupancy.ts";

export const CLIENTS_SCHEMA = `
  CREATE TABLE clients (
    number        INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    name          TEXT NOT NULL UNIQUE,
    public_key    BLOB NOT NULL,
    registered_at INTEGER NOT NULL,           -- milliseconds since 1970
    last_message  INTEGER NOT NULL DEFAULT 0, -- highest message ID ever given in this mailbox
    messages      INTEGER NOT NULL DEFAULT 0, -- waiting now
    bytes         INTEGER NOT NULL DEFAULT 0  -- of content, waiting now
  ) STRICT;
`;

/** From when on clients can leave. */
export const LEAVING_SCHEMA = `
  -- The ID of a client that has left, while something of it is here; empty when nothing is. Such a
  -- row is no client. It keeps its number, which others may still name.
  ALTER TABLE clients ADD COLUMN left_as BLOB;
  CREATE INDEX clients_left ON clients (left_as) WHERE left_as IS NOT NULL;

  -- How many clients have left.
  CREATE TABLE departures (count INTEGER NOT NULL) STRICT;
  INSERT INTO departures VALUES (0);
`;

export const QUOTA_SCHEMA = `
  ALTER TABLE clients ADD COLUMN quota INTEGER; -- bytes, in place of everyone's
`;

/** Notes what the name of each client looks like. Names that look alike already stay. */
export function addLooks(database: Database): void {
  database.exec(`
    -- See looksOf. No other name may look like either of these.
    ALTER TABLE clients ADD COLUMN as_written TEXT;
    ALTER TABLE clients ADD COLUMN in_any_case TEXT;
  `);
  const set = database.prepare(
    "UPDATE clients SET as_written = ?, in_any_case = ? WHERE number = ?",
  );
  const page = database.prepare(
    "SELECT number, name FROM clients WHERE number > ? ORDER BY number LIMIT ?",
  );
  for (let after = 0;;) {
    const rows = page.all<{ number: number; name: string }>(after, PAGE);
    for (const { number, name } of rows) {
      const { asWritten, inAnyCase } = looksOf(name);
      set.run(asWritten, inAnyCase, number);
    }
    after = rows.at(-1)?.number ?? 0;
    if (rows.length < PAGE) break;
  }
  database.exec(`
    CREATE INDEX clients_as_written ON clients (as_written);
    CREATE INDEX clients_in_any_case ON clients (in_any_case);
  `);
}

/** Comes before all names, and behind what stands in place of the names of those who have left. */
const BEFORE_NAMES = "\u0001";

/** Clients in one page of a list. */
const PAGE = 512;

export class SqliteClients extends Table<keyof typeof STATEMENTS> {
  readonly #options: StorageOptions;

  constructor(
    file: SqliteFile,
    options: StorageOptions,
    private readonly parts: { invites: SqliteInvites; occupancy: SqliteOccupancy },
  ) {
    super(file, STATEMENTS);
    this.#options = options;
  }

  register(client: Client, invite?: Bytes): Promise<void> {
    const { limits, now } = this.#options;
    const { asWritten, inAnyCase } = looksOf(client.name);
    return this.file.write(() => {
      if (invite) this.parts.invites.check(invite);
      if (this.statements.isLeaving.get(client.id)) {
        throw new StorageError("leaving", "what this client had here is still being deleted");
      }
      if (this.count() >= limits.maxClients) {
        throw new StorageError("clients-full", "the server takes no further clients");
      }
      if (this.statements.byName.get(client.name)) {
        throw new StorageError("name-taken", "the name is taken");
      }
      if (this.statements.likeIt.get(asWritten, inAnyCase)) {
        throw new StorageError("name-taken", "the name looks like another one that is taken");
      }
      const { id, name, publicKey } = client;
      this.statements.add.run(id, name, publicKey, now(), asWritten, inAnyCase);
      if (invite) this.parts.invites.use(invite);
    }, client.id);
  }

  /** Returns how many clients there are. To be called inside a read or write. */
  count(): number {
    // They are numbered from 1, and no number is ever given again.
    return this.#last() - (this.statements.departed.value<[number]>()?.[0] ?? 0);
  }

  client(id: Bytes): Promise<Client | undefined> {
    return this.file.read(() => this.statements.byId.get<Client>(id));
  }

  clients(ids: readonly Bytes[]): Promise<Client[]> {
    return this.file.read(() =>
      ids.map((id) => this.statements.byId.get<Client>(id)).filter((client) => client !== undefined)
    );
  }

  clientNamed(name: string): Promise<Client | undefined> {
    return this.file.read(() => this.statements.byName.get<Client>(name));
  }

  clientsBehind(
    { prefix, after }: { prefix: string; after: string },
    except: Bytes,
    count: number,
  ): Promise<ListedClient[]> {
    return this.file.read(() =>
      this.statements.behind.all<ListedClient & object>(
        after || BEFORE_NAMES,
        prefix,
        endOf(prefix),
        except,
        count,
      )
    );
  }

  unregister(id: Bytes): Promise<void> {
    return this.file.write(() => {
      const { number } = known(this.statements.numberOf.get<{ number: number }>(id));
      // No ID has 8 bytes, and no name holds a zero character.
      const nobody = new Uint8Array(8);
      new DataView(nobody.buffer).setBigUint64(0, BigInt(number));
      this.statements.leave.run(id, nobody, `\0${number}`, number);
      this.statements.countDeparture.run();
      this.parts.occupancy.forgetClients();
    });
  }

  async setQuota(id: Bytes, quota: number | null): Promise<void> {
    await this.file.write(() => {
      const { number } = known(this.statements.numberOf.get<{ number: number }>(id));
      this.statements.setQuota.run(quota, number);
    });
  }

  clientsExcept(except: Bytes): Promise<ClientList> {
    return this.file.read(() => {
      const last = this.#last();
      const count = this.count() - (this.statements.byId.get(except) ? 1 : 0);
      return { count, pages: this.#pages(except, last) };
    });
  }

  async *#pages(except: Bytes, last: number): AsyncIterable<Client[]> {
    for (let after = 0; after < last;) {
      const page = await this.file.read(() =>
        this.statements.page.all<Client & { number: number }>(after, last, PAGE)
      );
      after = page.at(-1)?.number ?? last;
      yield page.filter(({ id }) => !equalBytes(id, except));
    }
  }

  #last(): number {
    return this.statements.last.value<[number]>()?.[0] ?? 0;
  }
}

const COLUMNS = "id, name, public_key AS publicKey";

const STATEMENTS = {
  add: "INSERT INTO clients (id, name, public_key, registered_at, as_written, in_any_case) " +
    "VALUES (?, ?, ?, ?, ?, ?)",
  likeIt: "SELECT 1 FROM clients WHERE as_written = ? UNION ALL " +
    "SELECT 1 FROM clients WHERE in_any_case = ? LIMIT 1",
  last: "SELECT max(number) FROM clients",
  byName: `SELECT ${COLUMNS} FROM clients WHERE name = ?`,
  byId: `SELECT ${COLUMNS} FROM clients WHERE id = ?`,
  behind: `SELECT ${COLUMNS}, quota FROM clients WHERE name > ? AND name >= ? ` +
    "AND name < CAST(? AS TEXT) AND id <> ? ORDER BY name LIMIT ?",
  page: `SELECT number, ${COLUMNS} FROM clients ` +
    "WHERE number > ? AND number <= ? AND left_as IS NULL ORDER BY number LIMIT ?",
  numberOf: "SELECT number FROM clients WHERE id = ?",
  setQuota: "UPDATE clients SET quota = ? WHERE number = ?",
  isLeaving: "SELECT 1 FROM clients WHERE left_as = ?",
  leave: "UPDATE clients SET left_as = ?, id = ?, name = ?, public_key = x'', " +
    "as_written = NULL, in_any_case = NULL WHERE number = ?",
  departed: "SELECT count FROM departures",
  countDeparture: "UPDATE departures SET count = count + 1",
};

/** Returns what comes right behind all texts that begin with `prefix`, as UTF-8. */
function endOf(prefix: string): Bytes {
  const end = prefix === "" ? new Uint8Array([0xff]) : utf8(prefix);
  if (prefix !== "") end[end.length - 1]++; // no byte of UTF-8 is 0xff
  return end;
}
