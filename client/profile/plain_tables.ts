/** Profiles of the versions 1 and 2, in which nothing was sealed. */
import type { Database } from "@db/sqlite";
import type { Bytes } from "../../shared/bytes.ts";
import type { MessageType } from "../../shared/protocol/codes.ts";
import { CLASSIC_KEYS } from "./tables/classic_keys.ts";
import { CONTACTS } from "./tables/contacts.ts";
import { ENVELOPES } from "./tables/envelopes.ts";
import { IDENTITIES, IdentityKind } from "./tables/identities.ts";
import { SERVERS } from "./tables/servers.ts";
import { insertRow, rowsOf, type Unlocked } from "./sealing/sealed_table.ts";

/** The columns of each table. */
type ContactRow = { id: Bytes; name: string; public_key: Bytes | null };
type KeyRow =
  & { contact: Bytes; key: Bytes }
  & { number: number; own: number; sending: number; last_used: number };
type EnvelopeRow =
  & { number: number; message: number; sender: Bytes; type: MessageType }
  & { size: number; tail: Bytes; content: Bytes | null; state: string };
type IdentityRow =
  & { id: Bytes; name: string; public_key: Bytes }
  & { signing: Bytes; agreement: Bytes; registered: number };

/** Copies everything from the tables of an old `version` into sealed ones. */
export function sealPlainTables(from: Database, version: number, to: Unlocked): void {
  for (const { id, name, public_key } of rowsOf<ContactRow>(from, "contacts")) {
    const contact = { id, name, blocked: false, verified: false, pinned: false };
    const row = public_key ? { ...contact, publicKey: public_key } : contact;
    insertRow(to, CONTACTS, {}, row);
  }
  for (const { contact, key, ...clear } of rowsOf<KeyRow>(from, "classic_keys")) {
    insertRow(to, CLASSIC_KEYS, clear, { contact, key });
  }
  for (const row of rowsOf<EnvelopeRow>(from, "envelopes")) {
    const { number, message, sender, type, size, tail, content, state } = row;
    const filed = content === null && state !== "done" ? 1 : 0;
    const sealed = { messageId: message, from: sender, type, size, tail };
    insertRow(to, ENVELOPES, { number, filed, state }, sealed, { content });
  }
  if (version < 2) return;
  for (const row of rowsOf<IdentityRow>(from, "secure_identity")) {
    const { id, name, public_key: publicKey, signing, agreement, registered } = row;
    const identity = { id, name, publicKey, secrets: { signing, agreement } };
    insertRow(to, IDENTITIES, { kind: IdentityKind.secure, registered }, identity);
  }
  for (const row of rowsOf<{ address: string; key: Bytes }>(from, "servers")) {
    insertRow(to, SERVERS, {}, { ...row });
  }
}
