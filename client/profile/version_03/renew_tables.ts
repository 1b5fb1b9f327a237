/**
 * What becomes of the tables of version 0.3. Who the owner is, whom it knows and what was written
 * stays. What belongs to its sessions cannot be used any more: sessions, prekeys and first messages
 * that were agreed on start empty, and so does whatever AES-256-GCM has sealed for others.
 */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { KEY_SIZE } from "../../../shared/crypto/chacha20_poly1305.ts";
import { fileChunkCount } from "../../../shared/crypto/file_chunks.ts";
import type { Random } from "../../../shared/crypto/random.ts";
import { BLOB_ID_SIZE } from "../../../shared/limits.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import {
  copyTable,
  type Readable,
  type SealedTable,
  type Unlocked,
} from "../sealing/sealed_table.ts";
import { CLASSIC_KEYS } from "../tables/classic_keys.ts";
import { CONTACTS } from "../tables/contacts.ts";
import { COPY_MARKS } from "../tables/copy_marks.ts";
import { ENVELOPES } from "../tables/envelopes.ts";
import { HISTORY, History } from "../tables/history.ts";
import { IDENTITIES, Identities } from "../tables/identities.ts";
import { OUTBOX, Outbox, type OutboxItem } from "../tables/outbox.ts";
import { LARGEST, PREKEYS } from "../tables/prekey_store.ts";
import { REPAIRS } from "../tables/repairs.ts";
import { SERVERS } from "../tables/servers.ts";
import { type Transfer, TRANSFERS, Transfers } from "../tables/transfers.ts";

/**
 * The tables whose rows stay as they are. Collected messages that cannot be opened any more are
 * asked for again, and so are those that `repairs` names.
 */
const KEPT: readonly SealedTable[] = [
  ...[IDENTITIES, SERVERS, CONTACTS, CLASSIC_KEYS, ENVELOPES],
  ...[OUTBOX, HISTORY, REPAIRS, COPY_MARKS],
];

/** The first version that had the table of transfers. */
const FIRST_WITH_TRANSFERS = 4;

const NOTHING = new Uint8Array(0);

/** Why a file failed whose announcement was dropped with its copy gone. */
const UNANNOUNCED = "its receiver was not told of it before the update; send it again";

/**
 * Copies what stays from the tables of an old `version` into empty ones.
 * @throws {ClientError} `bad-profile` if a row was changed
 */
export function renewTables(from: Readable, version: number, to: Unlocked, random: Random): void {
  for (const table of KEPT) copyTable(from, to, table);
  // The server takes no prekey with an ID that came before.
  copyTable(from, to, PREKEYS, ({ id }) => id === LARGEST);
  if (version >= FIRST_WITH_TRANSFERS) copyTable(from, to, TRANSFERS);
  const { database, vault } = to;
  database.exec("UPDATE history SET sent_as = -1 WHERE message IS NOT NULL");
  if (!new Identities(database, vault).registered()) return; // a classic profile has no sessions
  const dropped = renewOutbox(new Outbox(database, vault), new History(database, vault));
  renewTransfers(new Transfers(database, vault), dropped, random);
}

/**
 * Texts that the server may not have are sealed again in a new session, and resets stay as they
 * are. The announcement of a file is dropped, as its receiver could not open the file. Returns the
 * receivers and the blobs of those ({@link placeOf}).
 */
function renewOutbox(outbox: Outbox, history: History): Set<string> {
  const dropped = new Set<string>();
  const all = outbox.first(0, Number.MAX_SAFE_INTEGER);
  for (const { number, to, history: of } of all.filter(isSealed)) {
    const entry = of === null ? undefined : history.entry(of);
    if (entry?.contentId && "text" in entry.body) {
      outbox.setContent(number, NOTHING);
      continue;
    }
    outbox.remove(number);
    if (!entry) continue; // it only starts a session
    history.markFailed(entry.number);
    if ("file" in entry.body) dropped.add(placeOf(to, entry.body.file.blob ?? NOTHING));
  }
  return dropped;
}

/** Whether it is sealed in a session. Resets are signed, and nothing more. */
function isSealed({ type }: OutboxItem): boolean {
  return type !== MessageType.keyRequest;
}

function placeOf(peer: Bytes, blob: Bytes): string {
  return `${toHex(peer)} ${toHex(blob)}`;
}

/**
 * No chunk of AES-256-GCM goes up or down any more. An upload starts anew, as another file; what
 * the server has of it is released. A download keeps its place, and fails when its turn comes.
 */
function renewTransfers(transfers: Transfers, dropped: Set<string>, random: Random): void {
  /** The new ID and key of each upload that starts anew, by the old ID in hex. */
  const anew = new Map<string, Pick<Transfer, "blob" | "key">>();
  const released = new Map<string, Transfer>();
  for (const transfer of transfers.open()) {
    const { number, direction, state, peer, blob, size, spooled, chunks, draft } = transfer;
    const isOver = state !== "waiting" && state !== "active";
    if (direction === "down") {
      const isWhole = draft !== null && chunks === fileChunkCount(size);
      if (!isOver && !isWhole) transfers.change(number, { key: NOTHING });
      continue;
    }
    if (state === "failed" || state === "cancelled") continue; // it is going to be released
    const id = toHex(blob);
    released.set(id, transfer);
    // One that was not announced yet goes up again, unless its source was a copy: that is gone.
    if (!isOver || !spooled && dropped.has(placeOf(peer, blob))) {
      const made = anew.get(id) ?? { blob: random(BLOB_ID_SIZE), key: random(KEY_SIZE) };
      anew.set(id, made);
      transfers.change(number, { ...made, state: "active", chunks: 0, ended: null });
    } else {
      const isLost = dropped.has(placeOf(peer, blob));
      const outcome = isLost ? { state: "failed", reason: UNANNOUNCED } as const : {};
      transfers.change(number, { ...outcome, settled: true, key: NOTHING });
    }
  }
  for (const { blob, started } of released.values()) {
    const nobody = { peer: NOTHING, key: NOTHING, name: "", size: 0, path: null };
    const number = transfers.add({ ...nobody, direction: "up", blob, started });
    transfers.change(number, { state: "cancelled" });
  }
}
