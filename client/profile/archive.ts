/**
 * A profile in one file, always under a passphrase: its database under a new data key, the large
 * contents that lie in files beside it, and the address of its server.
 */
import type { Random } from "../../shared/crypto/random.ts";
import { Database } from "@db/sqlite";
import { type Bytes, fromUtf8, utf8 } from "../../shared/bytes.ts";
import type { PassphraseCost } from "../../shared/crypto/passphrase.ts";
import { isThere, readIfThere, syncFolder } from "../../shared/files.ts";
import { ClientError, withReason } from "../errors.ts";
import { newKeyring, openKeyring } from "./sealing/keyring.ts";
import { readFile, removeFile, writeNewFile } from "../disk/files.ts";
import { createPrivateFolder, writePrivateFile } from "../disk/private_file.ts";
import { FIRST_KEPT, prepareDatabase, versionOf } from "./migrations.ts";
import { copyTables, writeSealedFile } from "./sealed_file.ts";
import type { Readable, Unlocked } from "./sealing/sealed_table.ts";
import { damagedRow, rowOf } from "./sealing/vault.ts";
import { CopyMarks } from "./tables/copy_marks.ts";
import { type ClassicIdentity, Identities } from "./tables/identities.ts";
import { openOldKeyring } from "./version_03/old_keyring.ts";
import { renewTables } from "./version_03/renew_tables.ts";

/** `PRAGMA application_id` of a whole export: "MSGX". A profile's own database has 0. */
const APPLICATION_ID = 0x4d534758;

const TABLES = `
  CREATE TABLE exported (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL -- the server's address, and how many bytes each file has
  ) STRICT;

  -- The contents of the files, one after the other.
  CREATE TABLE parts (
    number INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
  ) STRICT;
`;

/** The folders of the files, and how the files in each are called: a number, or random bytes. */
const FILE_NAMES = { incoming: /^[1-9][0-9]{0,15}$/, outgoing: /^[0-9a-f]{32}$/ };

type Exported = {
  /** The content of `server.info`, UTF-8; null if there is none. */
  readonly server: Bytes | null;
  readonly files: readonly { readonly name: string; readonly size: number }[];
};

/** What is exported of a profile, beside its database. */
export interface Surroundings {
  readonly folder: string;
  /** The names of the files in its folders `incoming` and `outgoing`. */
  readonly names: Iterable<string>;
  /** The owner, if `me.info` has it. */
  readonly classic: ClassicIdentity | undefined;
}

export interface Protection {
  readonly passphrase: string;
  readonly random: Random;
  readonly cost?: PassphraseCost;
}

/** Writes an export to `path`, where no file must be. Throws what the system throws. */
export async function writeArchive(
  path: string,
  from: Unlocked,
  { folder, names, classic }: Surroundings,
  { passphrase, random, cost }: Protection,
): Promise<void> {
  const keyring = await newKeyring(random, passphrase, { lasting: from.vault.lasting, cost });
  const complete = (database: Database) => {
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  };
  try {
    await writeSealedFile(path, keyring, async (to) => {
      copyTables(from, to);
      if (classic) new Identities(to.database, to.vault).putClassic(classic);
      to.database.exec(TABLES);
      await packFiles(to, folder, names);
    }, complete);
  } finally {
    keyring.vault.wipe();
  }
}

async function packFiles(
  { database, vault }: Unlocked,
  folder: string,
  names: Iterable<string>,
): Promise<void> {
  const insert = database.prepare("INSERT INTO parts (number, sealed) VALUES (?, ?)");
  const files: { name: string; size: number }[] = [];
  let number = 0;
  for (const name of names) {
    const path = `${folder}/${folderFor(name)}/${name}`;
    if (!await isThere(path)) continue;
    let size = 0;
    for await (const part of readFile(path)) {
      insert.run(++number, vault.seal(rowOf("parts", number), part));
      size += part.length;
    }
    files.push({ name, size });
  }
  const server = await readIfThere(`${folder}/server.info`);
  const exported = { server: server === undefined ? null : utf8(server), files };
  const sealed = vault.sealRow(rowOf("exported", 1), exported satisfies Exported);
  database.exec("INSERT INTO exported (one, sealed) VALUES (1, ?)", sealed);
}

/**
 * Unpacks an export into the folder of a profile, its database as `profile.db.new`. Nothing of it
 * counts until the caller has brought that to its place. Reports whether it is of an earlier
 * version.
 * @throws {ClientError} `file` if it is no whole export, `wrong-passphrase`
 */
export async function unpackArchive(
  path: string,
  folder: string,
  protection: Protection,
): Promise<boolean> {
  const draft = `${folder}/profile.db.new`;
  await removeFile(draft);
  // SQLite may write to whatever it opens, so it gets a copy.
  const copy = `${folder}/import.new`;
  try {
    await writeNewFile(copy, readFile(path));
    return await withReason("file", `cannot import ${path}`, async () => {
      return await unpackCopy(copy, folder, draft, protection).catch(notOfProfile);
    });
  } finally {
    for (const end of ["", "-wal", "-shm", "-journal"]) await removeFile(copy + end);
  }
}

async function unpackCopy(
  copy: string,
  folder: string,
  draft: string,
  { passphrase, random, cost }: Protection,
): Promise<boolean> {
  const database = new Database(copy, { int64: true });
  try {
    database.exec("PRAGMA trusted_schema = OFF");
    const id = database.prepare("PRAGMA application_id").value<[number]>()?.[0];
    const version = versionOf(database);
    if (id !== APPLICATION_ID || version === 0) {
      throw new TypeError("it is not an export of a profile, or not a whole one");
    }
    const check = database.prepare("PRAGMA quick_check(1)").value<[string]>()?.[0];
    if (check !== "ok") throw new TypeError("it is damaged");
    const isOld = version < FIRST_KEPT;
    if (!isOld) prepareDatabase(database);
    const given = () => Promise.resolve(passphrase);
    const opened =
      await (isOld ? openOldKeyring(database, given) : openKeyring(database, given, random));
    const from = { database, vault: opened.vault };
    const keyring = await newKeyring(random, passphrase, { lasting: from.vault.lasting, cost });
    try {
      await writeSealedFile(draft, keyring, (to) => {
        if (isOld) renewTables(from, version, to, random);
        else copyTables(from, to);
        new CopyMarks(to.database, to.vault).noteImport();
      });
      await unpackFiles(from, folder);
      return isOld;
    } finally {
      from.vault.wipe();
      keyring.vault.wipe();
    }
  } finally {
    database.close();
  }
}

async function unpackFiles({ database, vault }: Readable, folder: string): Promise<void> {
  const context = rowOf("exported", 1);
  const sealed = database.prepare("SELECT sealed FROM exported").value<[Bytes]>()?.[0];
  if (!sealed) throw damagedRow(context);
  const { server, files } = vault.openRow<Exported>(context, sealed);
  const select = database.prepare("SELECT sealed FROM parts WHERE number = ?");
  let number = 0;
  function* parts(size: number): Generator<Bytes> {
    for (let missing = size; missing > 0;) {
      const row = rowOf("parts", ++number);
      const part = vault.open(row, select.value<[Bytes]>(number)?.[0] ?? new Uint8Array(0));
      if (part.length === 0 || part.length > missing) throw damagedRow(row);
      missing -= part.length;
      yield part;
    }
  }
  const used = new Set<string>();
  for (const { name, size } of files) {
    const kind = folderFor(name);
    // Someone else may have made the file.
    if (kind === undefined) throw damagedRow(context);
    await createPrivateFolder(`${folder}/${kind}`);
    await writeNewFile(`${folder}/${kind}/${name}`, parts(size));
    used.add(kind);
  }
  for (const kind of used) await syncFolder(`${folder}/${kind}`);
  const path = `${folder}/server.info`;
  if (server && !await isThere(path)) await writePrivateFile(path, fromUtf8(server));
}

/** Returns the folder of a file with this name; undefined if it has another kind of name. */
function folderFor(name: string): string | undefined {
  return Object.entries(FILE_NAMES).find(([_, pattern]) => pattern.test(name))?.[0];
}

/** Turns an error of a profile into one of the export's file. */
function notOfProfile(error: unknown): never {
  if (!(error instanceof ClientError) || error.code !== "bad-profile") throw error;
  throw new TypeError("it is damaged", { cause: error });
}
