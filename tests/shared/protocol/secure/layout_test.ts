import { fromHex, toHex, utf8 } from "../../../../shared/bytes.ts";
import { ProtocolError, type ProtocolErrorCode } from "../../../../shared/errors.ts";
import { MAX_U32 } from "../../../../shared/limits.ts";
import { ErrorCode, type ErrorName } from "../../../../shared/protocol/codes.ts";
import {
  decodeSecureSendPrefix,
  encodeSecureSendPrefix,
} from "../../../../shared/protocol/secure/messages.ts";
import type { SecureEntry } from "../../../../shared/protocol/secure/directory.ts";
import {
  checkSecureHeader,
  decodeSecureRequest,
  encodeSecureRequest,
  type SecureRequest,
} from "../../../../shared/protocol/secure/requests.ts";
import {
  decodeSecureResponse,
  encodeSecureResponse,
  type SecureResponse,
} from "../../../../shared/protocol/secure/responses.ts";
import { type Prekey, PrekeyKind } from "../../../../shared/protocol/prekey.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { sampleBytes } from "../../../support/pieces.ts";

const NO_ID = "00".repeat(16);
const ID = sampleBytes(16, 3);
const TOKEN = sampleBytes(16, 4);
const KEY = sampleBytes(160, 5);
const SIGNATURE = sampleBytes(64, 6);
const SIGNED = sampleBytes(32, 7);
const KEM = sampleBytes(1184, 8);
const NAME = toHex(utf8("alice")) + "00".repeat(250);
const hex = toHex;

function assertFails(decode: () => unknown, code: ProtocolErrorCode = "malformed"): void {
  assertEquals(assertThrows(decode, ProtocolError).code, code);
}

const prekeys: Prekey[] = [
  { kind: PrekeyKind.signed, id: 0x01020304, key: SIGNED, signature: SIGNATURE },
  { kind: PrekeyKind.oneTimeKem, id: MAX_U32, key: KEM, signature: SIGNATURE },
];
const PREKEYS = [
  `0104030201${hex(SIGNED)}${hex(SIGNATURE)}`,
  `04ffffffff${hex(KEM)}${hex(SIGNATURE)}`,
];

const REQUESTS: [SecureRequest, string][] = [
  [
    { kind: "login", publicKey: KEY, signature: SIGNATURE },
    `0370e0000000${hex(KEY)}${hex(SIGNATURE)}`,
  ],
  [{ kind: "register", name: "alice", publicKey: KEY }, `03649f010000${NAME}${hex(KEY)}`],
  [
    { kind: "register", name: "alice", publicKey: KEY, invite: TOKEN },
    `0364af010000${NAME}${hex(KEY)}${hex(TOKEN)}`,
  ],
  [{ kind: "unregister" }, "037200000000"],
  [{ kind: "list-clients", prefix: "", after: "alice" }, `0365fe010000${"00".repeat(255)}${NAME}`],
  [{ kind: "find-clients", ids: [ID, TOKEN] }, `036620000000${hex(ID)}${hex(TOKEN)}`],
  [{ kind: "find-name", name: "alice" }, `0371ff000000${NAME}`],
  [
    { kind: "send", to: ID, token: TOKEN, type: 4, content: fromHex("c0ffee") },
    `036728000000${hex(ID)}${hex(TOKEN)}0403000000c0ffee`,
  ],
  [{ kind: "get-messages", after: 0x01020304 }, "03680400000004030201"],
  [{ kind: "subscribe" }, "036900000000"],
  [{ kind: "acknowledge", messageIds: [] }, "036a00000000"],
  [{ kind: "acknowledge", messageIds: [1, MAX_U32] }, "036a0800000001000000ffffffff"],
  [
    { kind: "publish-prekeys", replace: false, prekeys: [prekeys[0]] },
    `036b6600000000${PREKEYS[0]}`,
  ],
  [{ kind: "publish-prekeys", replace: true, prekeys }, `036b4b05000001${PREKEYS.join("")}`],
  [{ kind: "check-in", mark: TOKEN }, `036c10000000${hex(TOKEN)}`],
  [{ kind: "fetch-prekeys", target: ID }, `036d10000000${hex(ID)}`],
  [
    { kind: "open-upload", blob: ID, size: 0x01_0203_0405 },
    `037818000000${hex(ID)}0504030201000000`,
  ],
  [
    { kind: "put-chunk", blob: ID, chunk: 258, bytes: fromHex("c0ffee") },
    `037917000000${hex(ID)}02010000c0ffee`,
  ],
  [
    { kind: "share", blob: ID, receivers: [TOKEN, ID] },
    `037a30000000${hex(ID)}${hex(TOKEN)}${hex(ID)}`,
  ],
  [{ kind: "get-chunk", blob: ID, chunk: 258 }, `037b14000000${hex(ID)}02010000`],
  [{ kind: "release", blob: ID }, `037c10000000${hex(ID)}`],
  [{ kind: "file-state", blob: ID }, `037d10000000${hex(ID)}`],
];

Deno.test("secure requests: each byte is where it must be", () => {
  for (const [request, bytes] of REQUESTS) {
    assertEquals(hex(encodeSecureRequest(request)), NO_ID + bytes, request.kind);
  }
});

const message = { from: ID, messageId: 7, type: 3 as const, content: fromHex("c0ffee") };
const MESSAGE = `${hex(ID)}070000000303000000c0ffee`;
const ALICE = { id: ID, name: "alice", publicKey: KEY };
const ENTRY = `${hex(ID)}${NAME}${hex(KEY)}`;
const RESPONSES: [SecureResponse, string][] = [
  [{ kind: "logged-in", registered: true }, "0358040100000001"],
  [{ kind: "logged-in", registered: false }, "0358040100000000"],
  [{ kind: "registered", clientId: ID }, `03e80310000000${hex(ID)}`],
  [{ kind: "unregistered" }, "035a0400000000"],
  [{ kind: "client-page", clients: [] }, "03e90300000000"],
  [{ kind: "client-page", clients: [ALICE] }, `03e903af010000${ENTRY}`],
  [{ kind: "found-clients", clients: [] }, "03ea0300000000"],
  [{ kind: "found-clients", clients: [ALICE, ALICE] }, `03ea035e030000${ENTRY}${ENTRY}`],
  [{ kind: "found-name", client: ALICE }, `035904af010000${ENTRY}`],
  [{ kind: "sent", to: ID, messageId: 258 }, `03eb0314000000${hex(ID)}02010000`],
  [{ kind: "messages", messages: [message, message] }, `03ec0338000000${MESSAGE}${MESSAGE}`],
  [{ kind: "subscribed" }, "03ed0300000000"],
  [{ kind: "acknowledged" }, "03ee0300000000"],
  [{ kind: "prekeys-published" }, "03ef0300000000"],
  [
    { kind: "checked-in", mark: TOKEN, prekeyId: MAX_U32, oneTimeLeft: 258, oneTimeKemLeft: 3 },
    `03f0031c000000${hex(TOKEN)}ffffffff0201000003000000`,
  ],
  [{ kind: "prekeys", clientId: ID, prekeys }, `03f1035a050000${hex(ID)}${PREKEYS.join("")}`],
  [{ kind: "push", message }, `03d0071c000000${MESSAGE}`],
  [{ kind: "prekeys-low" }, "03d10700000000"],
  [{ kind: "stopping", retryAfter: 0x01020304 }, "03d2070400000004030201"],
  [{ kind: "upload", next: 258 }, "0360040400000002010000"],
  [{ kind: "chunk-stored", chunk: 258 }, "0361040400000002010000"],
  [{ kind: "shared" }, "03620400000000"],
  [{ kind: "chunk", bytes: fromHex("c0ffee") }, "03630403000000c0ffee"],
  [{ kind: "released" }, "03640400000000"],
  [{ kind: "file-state", next: 258, waiting: 1 }, "036504080000000201000001000000"],
  [
    { kind: "error", error: "rate-limited", retryAfter: 1000, text: "später" },
    "032f230b000000e8030000" + hex(utf8("später")),
  ],
];

Deno.test("secure responses: each byte is where it must be", () => {
  for (const [response, bytes] of RESPONSES) {
    assertEquals(hex(encodeSecureResponse(response)), bytes, response.kind);
  }
});

Deno.test("secure responses: errors are numbered from 9001 on, each once", () => {
  const codes = Object.entries(ErrorCode).map(([name, code]) => {
    const bytes = encodeSecureResponse({
      kind: "error",
      error: name as ErrorName,
      retryAfter: 0,
      text: "",
    });
    assertEquals(bytes[1] | bytes[2] << 8, code);
    return code;
  });
  assertEquals(codes, Array.from({ length: 10 }, (_, i) => 9001 + i));
});

Deno.test("secure frames: a byte less and a byte more are errors", () => {
  const zero = new Uint8Array(16);
  for (const [request, bytes] of REQUESTS) {
    const [code, payload] = [parseInt(bytes.slice(2, 4), 16), fromHex(bytes.slice(12))];
    const header = (size: number) => ({ clientId: zero, version: 3, code, size });
    assertEquals(decodeSecureRequest(header(payload.length), payload), request);
    assertFails(() => decodeSecureRequest(header(payload.length + 1), payload));
    if (request.kind === "put-chunk") continue; // whose bytes may have any length
    for (const other of [payload.slice(1), new Uint8Array([...payload, 0])]) {
      if (other.length === payload.length) continue;
      assertFails(() => decodeSecureRequest(header(payload.length), other));
      assertFails(() => decodeSecureRequest(header(other.length), other));
    }
  }
  for (const [response, bytes] of RESPONSES) {
    // The text and the chunk may have any length.
    if (response.kind === "error" || response.kind === "chunk") continue;
    const whole = fromHex(bytes);
    const [code, payload] = [whole[1] | whole[2] << 8, whole.slice(7)];
    assertEquals(
      decodeSecureResponse({ version: 3, code, size: payload.length }, payload),
      response,
    );
    for (const other of [payload.slice(0, -1), new Uint8Array([...payload, 0])]) {
      if (other.length === payload.length) continue;
      assertFails(() => decodeSecureResponse({ version: 3, code, size: other.length }, other));
      assertFails(() => decodeSecureResponse({ version: 3, code, size: payload.length }, other));
    }
  }
});

Deno.test("secure requests: a claimed size is judged before anything is read", () => {
  const sizes: Record<number, [fits: number[], not: number[]]> = {
    100: [[415, 431], [414, 432]],
    101: [[510], [0, 509, 511]],
    102: [[16, 4096], [0, 15, 4097]],
    103: [[37, 38, MAX_U32], [0, 21, 36]],
    104: [[4], [0, 3, 5]],
    105: [[0], [1]],
    106: [[0, 4, 4096], [4097, 4100, MAX_U32]],
    107: [[1 + 101, 1 + 256 * 1253], [0, 1, 101, 2 + 256 * 1253, MAX_U32]],
    108: [[16], [0, 15, 17]],
    109: [[16], [0, 15, 17]],
    112: [[224], [0, 223, 225]],
    113: [[255], [0, 254, 256]],
    114: [[0], [1]],
    120: [[24], [0, 23, 25]],
    121: [[21, 1_048_612], [0, 20, 1_048_613, MAX_U32]],
    122: [[32, 4112], [0, 16, 31, 4113]],
    123: [[20], [0, 19, 21]],
    124: [[16], [0, 15, 17]],
    125: [[16], [0, 15, 17]],
  };
  for (let code = 0; code <= 0xff; code++) {
    const check = (size: number, version = 3) =>
      checkSecureHeader({ clientId: ID, version, code, size });
    const [fits, not] = sizes[code] ?? [[], []];
    for (const size of fits) check(size);
    for (const size of not) assertFails(() => check(size));
    if (!(code in sizes)) {
      for (const size of [0, 4]) assertFails(() => check(size), "unsupported");
    }
    for (const version of [0, 1, 2, 4]) assertFails(() => check(0, version), "unsupported");
  }
});

Deno.test("secure send prefix: type and size are checked, the sizes must agree", () => {
  const prefix = { to: ID, token: TOKEN, type: 3 as const, size: 9 };
  const bytes = encodeSecureSendPrefix(prefix);
  assertEquals(bytes.length, 37);
  assertEquals(decodeSecureSendPrefix(bytes, 37 + 9), prefix);
  for (const size of [37 + 8, 37 + 10, 9, 0]) {
    assertFails(() => decodeSecureSendPrefix(bytes, size));
  }
  for (const type of [0, 5, 255]) {
    assertFails(() => decodeSecureSendPrefix(bytes.with(32, type), 37 + 9));
  }
  for (const other of [bytes.slice(1), new Uint8Array([...bytes, 0])]) {
    assertFails(() => decodeSecureSendPrefix(other, 37 + 9));
  }
});

Deno.test("secure responses: values that none may have", () => {
  const decode = (code: number, payload: Uint8Array, version = 3) => () =>
    decodeSecureResponse({ version, code, size: payload.length }, payload);
  assertFails(decode(1112, new Uint8Array([2])));
  assertFails(decode(9001, new Uint8Array(3)));
  assertFails(decode(9001, new Uint8Array(4 + 513)));
  assertFails(decode(9001, new Uint8Array([0, 0, 0, 0, 0xff])));
  for (const code of [0, 999, 1010, 1110, 2003, 9000, 9011]) {
    assertFails(decode(code, new Uint8Array(0)), "unsupported");
  }
  for (const version of [1, 2, 4]) {
    assertFails(decode(1005, new Uint8Array(0), version), "unsupported");
  }
  const long = { kind: "error", error: "failed", retryAfter: 0, text: "x".repeat(513) } as const;
  assertThrows(() => encodeSecureResponse(long), RangeError);
  assertEquals(encodeSecureResponse({ ...long, text: "x".repeat(512) }).length, 7 + 4 + 512);
  const entries = (entry: SecureEntry, count: number): SecureResponse => {
    return { kind: "client-page", clients: Array.from({ length: count }, () => entry) };
  };
  const wrong = entries({ ...ALICE, publicKey: KEY.slice(1) }, 1);
  assertThrows(() => encodeSecureResponse(wrong), RangeError);
  const page = encodeSecureResponse(entries(ALICE, 256));
  assertEquals(page.length, 7 + 256 * 431);
  assertFails(decode(1001, encodeSecureResponse(entries(ALICE, 257)).slice(7)));
  assertFails(decode(1002, encodeSecureResponse(entries(ALICE, 257)).slice(7)));
});
