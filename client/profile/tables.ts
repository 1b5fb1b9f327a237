/**
 * The list of all tables of a profile. To add one, write a file in `tables/` and a line here;
 * creating, sealing and exporting follow from this list.
 *
 * All that says anything about the user is sealed, or replaced by a blind tag (see
 * `sealing/vault.ts`). Only numbers, states and times are in the clear.
 */
import type { Database } from "@db/sqlite";
import type { SealedTable } from "./sealing/sealed_table.ts";
import type { Vault } from "./sealing/vault.ts";
import { CLASSIC_KEYS, ClassicKeys } from "./tables/classic_keys.ts";
import { CONTACTS, Contacts } from "./tables/contacts.ts";
import { CONVERSATIONS, ConversationSettings } from "./tables/conversations.ts";
import { COPY_MARKS, CopyMarks } from "./tables/copy_marks.ts";
import { ENVELOPES, Envelopes } from "./tables/envelopes.ts";
import { HISTORY, History } from "./tables/history.ts";
import { IDENTITIES, Identities } from "./tables/identities.ts";
import { OPENED, OpenedEnvelopes } from "./tables/opened.ts";
import { OUTBOX, Outbox } from "./tables/outbox.ts";
import { AGREED, PREKEYS, PrekeyStore } from "./tables/prekey_store.ts";
import { REPAIRS, Repairs } from "./tables/repairs.ts";
import { SEARCH_BLOCKS } from "./tables/search_blocks.ts";
import { SERVERS, Servers } from "./tables/servers.ts";
import { SESSIONS, SessionStore } from "./tables/session_store.ts";
import { TRANSFERS, Transfers } from "./tables/transfers.ts";

/** The name of each table in a profile, the class that works on it, and its declaration. */
const LIST = {
  identities: [Identities, IDENTITIES],
  servers: [Servers, SERVERS],
  contacts: [Contacts, CONTACTS],
  keys: [ClassicKeys, CLASSIC_KEYS],
  envelopes: [Envelopes, ENVELOPES],
  sessions: [SessionStore, SESSIONS],
  prekeys: [PrekeyStore, PREKEYS, AGREED],
  opened: [OpenedEnvelopes, OPENED],
  outbox: [Outbox, OUTBOX],
  history: [History, HISTORY, SEARCH_BLOCKS],
  conversations: [ConversationSettings, CONVERSATIONS],
  repairs: [Repairs, REPAIRS],
  copyMarks: [CopyMarks, COPY_MARKS],
  transfers: [Transfers, TRANSFERS],
} as const;

/** `incoming` is the folder of large contents. */
type StoreClass<T = unknown> = new (database: Database, vault: Vault, incoming: string) => T;
type Entry<T = unknown> = readonly [StoreClass<T>, ...SealedTable[]];
const ENTRIES: [string, Entry][] = Object.entries(LIST);

/** The tables of an open profile. */
export type Tables = {
  readonly [Name in keyof typeof LIST]: (typeof LIST)[Name] extends Entry<infer T> ? T : never;
};

/** All tables but the keyring, which every database has of its own. */
export const TABLES: readonly SealedTable[] = ENTRIES.flatMap(([_, [__, ...tables]]) => tables);

/** Opens all tables of a database; `incoming` is the folder of large contents. */
export function openTables(database: Database, vault: Vault, incoming: string): Tables {
  const opened = ENTRIES.map(([name, [Store]]) => [name, new Store(database, vault, incoming)]);
  return Object.fromEntries(opened);
}
