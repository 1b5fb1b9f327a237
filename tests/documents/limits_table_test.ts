/** The table of limits in PROTOCOL.md has the numbers of the code. */
import { MAX_COSTLY_FAILURES, MAX_SESSIONS } from "../../client/sessions/sessions.ts";
import {
  KEPT,
  MAX_BEHIND,
  MAX_ONE_TIME_SECRETS,
  ONE_TIME_KEPT,
  ONE_TIME_TARGET,
  RENEWAL,
  ROTATION,
} from "../../client/sessions/prekey_upkeep.ts";
import { LOW_INTERVAL, UPKEEP_INTERVAL } from "../../client/sessions/secure_messaging.ts";
import { EDIT_TIME } from "../../client/sessions/changes.ts";
import { MAX_OPENED } from "../../client/profile/tables/opened.ts";
import { MAX_ANSWERS, MAX_WAIT, MIN_WAIT } from "../../client/profile/tables/repairs.ts";
import { MAX_WAITING_RESETS } from "../../client/inbox/round.ts";
import { DEFAULT_LIMITS } from "../../server/limits/limits.ts";
import { NETWORK_FACTOR } from "../../server/limits/rates.ts";
import {
  MAX_CHUNKS_SIZE,
  MAX_UNDER_WAY,
  MAX_UNDER_WAY_SIZE,
} from "../../server/secure/secure_session.ts";
import { UPLOAD_WINDOW, UPLOADS_AHEAD } from "../../server/storage/file_records.ts";
import {
  FILE_OVERHEAD,
  MAX_FILE_RECEIVERS,
  MESSAGE_OVERHEAD,
  PREKEY_OVERHEAD,
  RECEIVER_OVERHEAD,
  TOKEN_OVERHEAD,
} from "../../server/storage/storage_options.ts";
import { TOKEN_AGE } from "../../server/storage/sqlite/tokens.ts";
import { MAX_MESSAGES } from "../../shared/channel/cipher_state.ts";
import * as shared from "../../shared/limits.ts";
import {
  MAX_SKIP,
  MAX_SKIPPED,
  MAX_SKIPPED_AGE,
  MAX_SKIPPED_CHAINS,
} from "../../shared/session/chains.ts";
import { MIN_PADDED_SIZE } from "../../shared/session/content.ts";
import { MESSAGES_PER_MIX, TIME_PER_MIX } from "../../shared/session/kem_ratchet.ts";
import { MAX_RESET_MESSAGES } from "../../shared/session/reset.ts";
import { assertEquals } from "../support/assert.ts";
import { firstTable, partUnder, readDocument } from "../support/documents.ts";

const server = DEFAULT_LIMITS;

/** What the code says of each row. */
const LIMITS: Record<string, number> = {
  "shortest name": shared.MIN_NAME_LENGTH,
  "longest name": shared.MAX_NAME_SIZE,
  "content of a message": server.maxContentSize,
  "messages that wait in a mailbox": server.maxMessages,
  "contents that wait in a mailbox, in all": server.maxMailboxSize,
  "parts of an empty mailbox, of which a sender may fill one": server.mailboxParts,
  "clients of a server": server.maxClients,
  "messages in one response 1004": server.maxDeliveryCount,
  "message IDs in a request 106": shared.MAX_ACKNOWLEDGED,
  "time in which a token is known, at least": TOKEN_AGE,
  "clients in an answer 1001": shared.MAX_LISTED,
  "client IDs in a request 102": shared.MAX_LOOKED_UP,
  "text of a failure": shared.MAX_ERROR_TEXT_SIZE,
  "a Noise message": shared.MAX_NOISE_MESSAGE_SIZE,
  "records under one key": MAX_MESSAGES,
  "connections at a time": server.maxConnections,
  "connections of one address": server.maxConnections / 4,
  "connections of one IPv6 /48": server.maxConnections / 2,
  "connections of one address without a login": server.maxWaitingConnections,
  "connections of one IPv6 /48 without a login": server.maxWaitingConnections * NETWORK_FACTOR,
  "connections of one identity": server.maxIdentityConnections,
  "handshakes from one address: at once": server.handshakes.burst,
  "handshakes from one address: then one every": server.handshakes.interval,
  "registrations from one address: at once": server.registrations.burst,
  "registrations from one address: then one every": server.registrations.interval,
  "from the first byte of a connection to its login": server.headerDeadline,
  "from the first byte of a request to its payload": server.headerDeadline,
  "without a byte moving, with a request under way": server.idleDeadline,
  "without a request, after the login": server.sessionIdleDeadline,
  "payload of a refused request behind which the channel goes on": server.maxDiscardSize,
  "memory for all that is under way": server.memory,
  "requests of one client: at once": server.requests.burst,
  "requests of one client: then one every": server.requests.interval,
  "payloads, answers and pushes of one client: at once": server.bytes.burst,
  "payloads, answers and pushes of one client: then in a second": Math.round(
    1000 / server.bytes.interval,
  ),
  "lookups of clients and pages of the list: at once": server.lookups.burst,
  "lookups of clients and pages of the list: then one every": server.lookups.interval,
  "requests of a channel under way": MAX_UNDER_WAY,
  "their payloads, without those of chunks": MAX_UNDER_WAY_SIZE,
  "their chunks": MAX_CHUNKS_SIZE / shared.FILE_CHUNK_SIZE,
  "prekeys in a request 107": shared.MAX_PREKEYS_PUBLISHED,
  "one-time prekeys of each kind that wait": server.maxOneTimePrekeys,
  "fetches of prekeys by one client: at once": server.prekeyBurst,
  "fetches of prekeys by one client: then one every": server.prekeyInterval,
  "one-time prekeys of one target for one client: at once": server.oneTimeBurst,
  "one-time prekeys of one target for one client: then one every": server.oneTimeInterval,
  "one-time prekeys for one client: at once": server.askerOneTimeBurst,
  "one-time prekeys for one client: then one every": server.askerOneTimeInterval,
  "one-time prekeys of one target: at once": server.targetOneTimeBurst,
  "one-time prekeys of one target: then one every": server.targetOneTimeInterval,
  "one-time prekeys of a kind that are few": shared.LOW_PREKEYS,
  "one-time prekeys that an owner publishes up to": ONE_TIME_TARGET,
  "age at which a signed and a last-resort prekey are replaced": ROTATION,
  "secrets of those, after their replacement": KEPT,
  "secrets of one-time prekeys that the server has no more": ONE_TIME_KEPT,
  "one-time prekeys of a kind of which a client has the secrets": MAX_ONE_TIME_SECRETS,
  "between two times that prekeys are looked after": UPKEEP_INTERVAL,
  "the same after a push 2001, at least": LOW_INTERVAL,
  "age of prekeys renewed after a foreign answer, at least": RENEWAL,
  "prekey IDs that an answer 1008 is ahead": MAX_BEHIND,
  "keys that one message skips in a chain": MAX_SKIP,
  "skipped keys of a session": MAX_SKIPPED,
  "chains of whose keys a session keeps some": MAX_SKIPPED_CHAINS,
  "age of a skipped key": MAX_SKIPPED_AGE,
  "messages from a KEM secret to the next KEM key": MESSAGES_PER_MIX,
  "time from a KEM secret to the next KEM key": TIME_PER_MIX,
  "sessions with one client": MAX_SESSIONS,
  "messages of one client that fail after keys were computed": MAX_COSTLY_FAILURES,
  "text of a message": shared.MAX_TEXT_SIZE,
  "envelope": shared.MAX_ENVELOPE_SIZE,
  "envelopes whose repeats are recognised, at least": MAX_OPENED,
  "smallest padded content": MIN_PADDED_SIZE,
  "content IDs in a receipt or a deletion": shared.MAX_TARGETS,
  "emoji of a reaction": shared.MAX_EMOJI_SIZE,
  "timer, and time until a message disappears": shared.MAX_TIMER * 1000,
  "time in which a text can be changed": EDIT_TIME,
  "message IDs in a reset": MAX_RESET_MESSAGES,
  "between two resets to one client, at least": MIN_WAIT,
  "the same, after resets that brought nothing, at most": MAX_WAIT,
  "answers to resets of one client that follow each other": MAX_ANSWERS,
  "the time in which one more is possible": MIN_WAIT,
  "resets of one client that wait": MAX_WAITING_RESETS,
  "chunk of ciphertext": shared.FILE_CHUNK_SIZE,
  "chunks of a file": shared.MAX_U32,
  "receivers in a request 122": shared.MAX_RECEIVERS,
  "messages and blobs of one sender, in all": server.maxSenderSize,
  "the same of all senders, in all": server.maxTotalSize,
  "what a message counts there for, besides its content": MESSAGE_OVERHEAD,
  "what a token counts there for, until it is forgotten": TOKEN_OVERHEAD,
  "what a prekey counts there for, besides key and signature": PREKEY_OVERHEAD,
  "what a blob counts there for, besides its chunks": FILE_OVERHEAD,
  "what a receiver of a blob counts there for, until its release": RECEIVER_OVERHEAD,
  "receivers of a blob that have not released it": MAX_FILE_RECEIVERS,
  "blobs of one sender": server.maxSenderFiles,
  "the same, not uploaded whole yet": server.maxUploads,
  "chunks of an upload that count before they have come": UPLOAD_WINDOW,
  "uploads of a sender up to which they do": UPLOADS_AHEAD,
  "an upload without progress": server.uploadExpiry,
  "a message that nobody fetched": server.expiry,
  "a blob after it was last shared": server.expiry,
};

const UNITS: Record<string, number> = {
  bytes: 1,
  characters: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  us: 1 / 1000,
  ms: 1,
  s: 1000,
  min: 60 * 1000,
  h: 60 * 60 * 1000,
  day: 24 * 60 * 60 * 1000,
  days: 24 * 60 * 60 * 1000,
};

/** Returns the number that a cell such as "1,024", "2^32 − 1", "64 GiB" or "10 s" stands for. */
function valueOf(cell: string): number {
  const [all, digits, power, less, unit] =
    /^([\d,]+)(?:\^(\d+))?(?: − (\d+))?(?: ([A-Za-z]+))?$/.exec(cell) ?? [];
  const factor = unit === undefined ? 1 : UNITS[unit];
  if (all === undefined || factor === undefined) throw new Error(`"${cell}" is no value`);
  const base = Number(digits.replaceAll(",", ""));
  return (base ** Number(power ?? 1) - Number(less ?? 0)) * factor;
}

Deno.test("PROTOCOL.md: the table of limits has the numbers of the code", () => {
  const rows = firstTable(partUnder(readDocument("shared/PROTOCOL.md"), "13. Limits and paces"));
  const written = rows.map(([limit, value]) => [limit.replace(" \\*", ""), valueOf(value)]);
  assertEquals(Object.fromEntries(written), LIMITS);
  assertEquals(rows.length, Object.keys(LIMITS).length, "no row comes twice");
});
