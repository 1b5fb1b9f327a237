/** The folders of servers that releases wrote (`tests/vectors/servers/`), and what they hold. */
import { Database, type Row } from "@db/sqlite";
import { type Bytes, fromHex, toHex } from "../../../shared/bytes.ts";
import { readVectors } from "../vectors.ts";
import { Someone } from "./secure_peer.ts";

const FOLDER = new URL("../../vectors/servers/", import.meta.url);

/** The versions, the oldest first. */
export const RELEASES = [...Deno.readDirSync(FOLDER)]
  .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();

/** The tables that a release wrote, with their columns but the counts of bytes. */
const TABLES = {
  clients: ["number", "id", "name", "public_key", "registered_at", "last_message", "messages"],
  messages: ["mailbox", "id", "sender", "type", "size", "content", "blob"],
  tokens: ["number", "sender", "token", "mailbox", "message", "used_at"],
  prekeys: ["owner", "kind", "id", "key", "signature"],
  files: ["number", "id", "owner", "size", "complete", "changed_at"],
  file_receivers: ["file", "receiver"],
};

/** A message that waits, with its content. */
export interface Waiting {
  from: string;
  messageId: number;
  type: number;
  content: Bytes;
}

/** Copies the folder of a release to `data`, which must not exist. */
export function copyServer(version: string, data: string): void {
  copyFolder(new URL(`${version}/`, FOLDER), data);
}

function copyFolder(from: URL, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(new URL(`${name}/`, from), `${to}/${name}`);
    else Deno.writeFileSync(`${to}/${name}`, Deno.readFileSync(new URL(name, from)));
  }
}

/** Runs `use` on the database in the folder `data`, as it is. */
export function withServerDatabase<T>(data: string, use: (database: Database) => T): T {
  const database = new Database(`${data}/server.db`);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** All rows of the tables that the database has, bytes as hex. */
export function rowsOf(data: string): Record<string, string[]> {
  return withServerDatabase(data, (database) =>
    Object.fromEntries(
      Object.entries(TABLES).filter(([table]) => hasTable(database, table)).map((
        [table, columns],
      ) =>
        [
          table,
          database.prepare(`SELECT ${columns.join()} FROM ${table} ORDER BY 1, 2`)
            .all().map((row) => JSON.stringify(Object.values(row).map(hexIfBytes))),
        ] as const
      ),
    ));
}

function hasTable(database: Database, name: string): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) !== undefined;
}

function hexIfBytes(value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value) : value;
}

/** What waits for the client called `name`, as the database and the files of `data` say. */
export function waitingFor(data: string, name: string): Waiting[] {
  const sql = "SELECT messages.id AS messageId, sender, type, content, blob FROM messages " +
    "JOIN clients ON number = mailbox WHERE name = ? ORDER BY messages.id";
  return withServerDatabase(data, (database) => database.prepare(sql).all(name)).map(
    ({ sender, messageId, type, content, blob }: Row) => ({
      from: toHex(sender as Bytes),
      messageId: messageId as number,
      type: type as number,
      content: content as Bytes ?? Deno.readFileSync(`${data}/files/${blob}`),
    }),
  );
}

/** The ID of the client called `name`. */
export function clientId(data: string, name: string): Bytes {
  return withServerDatabase(
    data,
    (database) =>
      database.prepare("SELECT id FROM clients WHERE name = ?").value<[Bytes]>(name)![0],
  );
}

/** The secure client dave of a release. */
export async function dave(version: string): Promise<Someone> {
  const { signing, agreement } = readVectors<Record<string, string>>(
    `servers/${version}/dave.json`,
  );
  return await Someone.with("dave", { signing: fromHex(signing), agreement: fromHex(agreement) });
}
