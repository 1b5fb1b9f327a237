/**
 * Properties: how often each is tried, from which seed, and what random values look like. The seed
 * is printed; `FC_SEED=SEED deno task test` tries the same values again.
 */
import fc from "fast-check";
import { type Bytes, utf8 } from "../../shared/bytes.ts";
import { SIGNATURE_SIZE } from "../../shared/crypto/ed25519.ts";
import {
  CLIENT_ID_SIZE,
  COPY_MARK_SIZE,
  MAX_NAME_SIZE,
  MAX_U32,
  PUBLIC_KEY_SIZE,
  TOKEN_SIZE,
} from "../../shared/limits.ts";
import type { Request } from "../../shared/protocol/classic/requests.ts";
import type { Response } from "../../shared/protocol/classic/responses.ts";
import { ErrorCode, type ErrorName, MessageType } from "../../shared/protocol/codes.ts";
import { isFileSize } from "../../shared/protocol/secure/files.ts";
import type { SecureRequest } from "../../shared/protocol/secure/requests.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import { type Prekey, PrekeyKind } from "../../shared/protocol/prekey.ts";

const given = readSeed(Deno.env.get("FC_SEED"));
/** Chosen with the first property. */
let seed: number | undefined;

function readSeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value)) throw new RangeError(`FC_SEED must be an integer, not ${text}`);
  return value;
}

/** What `fc.assert` needs to try a property `numRuns` times. */
export function runs(numRuns: number): { numRuns: number; seed: number } {
  if (seed === undefined) {
    seed = given ?? crypto.getRandomValues(new Int32Array(1))[0];
    console.log(`properties are tried with FC_SEED=${seed}`);
  }
  return { numRuns, seed };
}

/** `size` bytes, or `min` to `max`. */
export function bytes(min: number, max = min): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ minLength: min, maxLength: max });
}

/** Sizes of pieces for `cut`, each from 1 to `max`. */
export function pieceSizes(max: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max }), { minLength: 1, maxLength: 20 });
}

const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Characters of all of Unicode. fast-check's own `unit: character` is the same, but takes a second
 * to get ready.
 */
export const character: fc.Arbitrary<string> = fc.nat({ max: 0x10ffff - SURROGATES.count }).map(
  (nat) => String.fromCodePoint(nat < SURROGATES.first ? nat : nat + SURROGATES.count),
  (value) => {
    const code = typeof value === "string" ? value.codePointAt(0) : undefined;
    if (code === undefined || String.fromCodePoint(code) !== value) throw new TypeError();
    return code < SURROGATES.first ? code : code - SURROGATES.count;
  },
);

/** Names that a client may have, of any characters and of every allowed length. */
export const name: fc.Arbitrary<string> = fc.oneof(
  // A character has at most 4 bytes, so 63 of them always fit.
  fc.string({ unit: character, minLength: 2, maxLength: 63 }).map((text) =>
    text.replaceAll("\0", "0")
  ),
  fc.integer({ min: 2, max: MAX_NAME_SIZE }).map((size) => "n".repeat(size)),
).filter((text) => utf8(text).length <= MAX_NAME_SIZE);

const id = bytes(CLIENT_ID_SIZE);
const publicKey = bytes(PUBLIC_KEY_SIZE);
const version = fc.integer({ min: 0, max: 0xff });
const type = fc.constantFrom(...Object.values(MessageType));
const content = bytes(0, 100);
const messageId = fc.integer({ min: 0, max: MAX_U32 });

const asked = { clientId: id, version };

/** Requests of every kind. */
export const request: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ ...asked, kind: fc.constant("register" as const), name, publicKey }),
  fc.record({ ...asked, kind: fc.constant("client-list" as const) }),
  fc.record({ ...asked, kind: fc.constant("public-key" as const), target: id }),
  fc.record({ ...asked, kind: fc.constant("send" as const), to: id, type, content }),
  fc.record({ ...asked, kind: fc.constant("get-messages" as const) }),
);

const message = fc.record({ from: id, messageId, type, content });

/** Responses of every kind. */
export const response: fc.Arbitrary<Response> = fc.oneof(
  fc.record({ version, kind: fc.constant("registered" as const), clientId: id }),
  fc.record({
    version,
    kind: fc.constant("client-list" as const),
    clients: fc.array(fc.record({ id, name }), { maxLength: 4 }),
  }),
  fc.record({ version, kind: fc.constant("public-key" as const), clientId: id, publicKey }),
  fc.record({ version, kind: fc.constant("sent" as const), to: id, messageId }),
  fc.record({
    version,
    kind: fc.constant("messages" as const),
    messages: fc.array(message, { maxLength: 4 }),
  }),
  fc.record({ version, kind: fc.constant("failure" as const) }),
);

const token = bytes(TOKEN_SIZE);
const mark = bytes(COPY_MARK_SIZE);

/** Prekeys of every kind. */
export const prekey: fc.Arbitrary<Prekey> = fc.constantFrom(...Object.values(PrekeyKind)).chain(
  (kind) => {
    const large = kind === PrekeyKind.lastResort || kind === PrekeyKind.oneTimeKem;
    return fc.record({
      kind: fc.constant(kind),
      id: fc.integer({ min: 1, max: MAX_U32 }),
      key: bytes(large ? 1184 : 32),
      signature: bytes(SIGNATURE_SIZE),
    });
  },
);

const fileSize = fc.integer({ min: 16, max: 2 ** 51 }).filter(isFileSize);
const publicKeyOf = { publicKey, signature: bytes(SIGNATURE_SIZE) };

/** Requests of every kind on a secure channel. */
export const secureRequest: fc.Arbitrary<SecureRequest> = fc.oneof(
  fc.record({ kind: fc.constant("login" as const), ...publicKeyOf }),
  fc.record({ kind: fc.constant("register" as const), name, publicKey }),
  fc.record({ kind: fc.constant("register" as const), name, publicKey, invite: bytes(16) }),
  fc.record({ kind: fc.constant("unregister" as const) }),
  fc.record({ kind: fc.constant("list-clients" as const), prefix: name, after: name }),
  fc.record({
    kind: fc.constant("find-clients" as const),
    ids: fc.array(id, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("find-name" as const), name }),
  fc.record({ kind: fc.constant("send" as const), to: id, token, type, content }),
  fc.record({ kind: fc.constant("get-messages" as const), after: messageId }),
  fc.record({ kind: fc.constant("subscribe" as const) }),
  fc.record({
    kind: fc.constant("acknowledge" as const),
    messageIds: fc.array(messageId, { maxLength: 8 }),
  }),
  fc.record({
    kind: fc.constant("publish-prekeys" as const),
    replace: fc.boolean(),
    prekeys: fc.array(prekey, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("check-in" as const), mark }),
  fc.record({ kind: fc.constant("fetch-prekeys" as const), target: id }),
  fc.record({ kind: fc.constant("open-upload" as const), blob: id, size: fileSize }),
  fc.record({
    kind: fc.constant("put-chunk" as const),
    blob: id,
    chunk: messageId,
    bytes: bytes(1, 100),
  }),
  fc.record({
    kind: fc.constant("share" as const),
    blob: id,
    receivers: fc.array(id, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("get-chunk" as const), blob: id, chunk: messageId }),
  fc.record({ kind: fc.constant("release" as const), blob: id }),
  fc.record({ kind: fc.constant("file-state" as const), blob: id }),
);

const text = fc.string({ unit: character, maxLength: 128 }); // at most 512 bytes of UTF-8
const error = fc.constantFrom(...Object.keys(ErrorCode) as ErrorName[]);

const client = fc.record({ id, name, publicKey });
const clients = fc.array(client, { maxLength: 3 });

/** Responses and pushes of every kind on a secure channel. */
export const secureResponse: fc.Arbitrary<SecureResponse> = fc.oneof(
  fc.record({ kind: fc.constant("logged-in" as const), registered: fc.boolean() }),
  fc.record({ kind: fc.constant("registered" as const), clientId: id }),
  fc.record({ kind: fc.constant("unregistered" as const) }),
  fc.record({ kind: fc.constant("client-page" as const), clients }),
  fc.record({ kind: fc.constant("found-clients" as const), clients }),
  fc.record({ kind: fc.constant("found-name" as const), client }),
  fc.record({ kind: fc.constant("stopping" as const), retryAfter: messageId }),
  fc.record({ kind: fc.constant("sent" as const), to: id, messageId }),
  fc.record({
    kind: fc.constant("messages" as const),
    messages: fc.array(message, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("subscribed" as const) }),
  fc.record({ kind: fc.constant("acknowledged" as const) }),
  fc.record({ kind: fc.constant("prekeys-published" as const) }),
  fc.record({
    kind: fc.constant("checked-in" as const),
    mark,
    prekeyId: messageId,
    oneTimeLeft: messageId,
    oneTimeKemLeft: messageId,
  }),
  fc.record({
    kind: fc.constant("prekeys" as const),
    clientId: id,
    prekeys: fc.array(prekey, { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("push" as const), message }),
  fc.record({ kind: fc.constant("prekeys-low" as const) }),
  fc.record({ kind: fc.constant("upload" as const), next: messageId }),
  fc.record({ kind: fc.constant("chunk-stored" as const), chunk: messageId }),
  fc.record({ kind: fc.constant("shared" as const) }),
  fc.record({ kind: fc.constant("chunk" as const), bytes: bytes(1, 100) }),
  fc.record({ kind: fc.constant("released" as const) }),
  fc.record({
    kind: fc.constant("file-state" as const),
    next: messageId,
    waiting: messageId,
  }),
  fc.record({ kind: fc.constant("error" as const), error, retryAfter: messageId, text }),
);

/** A change to bytes: some are taken out at a place and others put in. */
const edit = fc.record({ at: fc.nat(), out: fc.integer({ min: 0, max: 3 }), in: bytes(0, 3) });

/** What becomes of `frame` after a few small changes. */
export function mutated(frame: fc.Arbitrary<Bytes>): fc.Arbitrary<Bytes> {
  return fc.tuple(frame, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([frame, edits]) => {
    const changed = [...frame];
    for (const { at, out, in: put } of edits) {
      changed.splice(at % (changed.length + 1), out, ...put);
    }
    return new Uint8Array(changed);
  });
}
