import { concat, fromHex, toHex } from "../../../../shared/bytes.ts";
import { ProtocolError, type ProtocolErrorCode } from "../../../../shared/errors.ts";
import { MAX_U32 } from "../../../../shared/limits.ts";
import { RequestCode } from "../../../support/protocol/codes.ts";
import { isMessageType, MessageType } from "../../../../shared/protocol/codes.ts";
import { decodeRequest, decodeRequestPayload } from "../../../support/protocol/frames.ts";
import {
  CLASSIC_REQUESTS,
  decodeSendPrefix,
  encodeRequest,
  encodeSendPrefix,
  type Request,
  SEND_PREFIX_SIZE,
} from "../../../../shared/protocol/classic/requests.ts";
import {
  decodeRequestHeader,
  encodeRequestHeader,
  REQUEST_HEADER_SIZE,
} from "../../../../shared/protocol/frame.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";

const me = fromHex("00112233445566778899aabbccddeeff");
const other = fromHex("f0e1d2c3b4a5968778695a4b3c2d1e0f");
const ids = { me: toHex(me), other: toHex(other) };
const publicKey = new Uint8Array(160).fill(0xab);

/** Each kind of request with its bytes, written down by hand. */
const EXAMPLES: [Request, string][] = [
  [
    { kind: "register", clientId: me, version: 2, name: "bob", publicKey },
    `${ids.me}02649f010000${"626f62" + "00".repeat(252)}${"ab".repeat(160)}`,
  ],
  [{ kind: "client-list", clientId: me, version: 1 }, `${ids.me}016500000000`],
  [
    { kind: "public-key", clientId: me, version: 2, target: other },
    `${ids.me}026610000000${ids.other}`,
  ],
  [
    {
      kind: "send",
      clientId: me,
      version: 2,
      to: other,
      type: MessageType.text,
      content: new Uint8Array([1, 2, 3]),
    },
    `${ids.me}026718000000${ids.other}0303000000010203`,
  ],
  [{ kind: "get-messages", clientId: me, version: 255 }, `${ids.me}ff6800000000`],
];

function assertRefused(fn: () => unknown, code: ProtocolErrorCode): void {
  assertEquals(assertThrows(fn, ProtocolError).code, code);
}

Deno.test("request: each kind has exactly the bytes of the specification", () => {
  for (const [request, hex] of EXAMPLES) {
    assertEquals(toHex(encodeRequest(request)), hex);
    assertEquals(decodeRequest(fromHex(hex)), request);
  }
});

Deno.test("request: cut anywhere it is malformed", () => {
  for (const [, hex] of EXAMPLES) {
    const bytes = fromHex(hex);
    for (let size = 0; size < bytes.length; size++) {
      assertRefused(() => decodeRequest(bytes.subarray(0, size)), "malformed");
    }
  }
});

Deno.test("request: with a byte too many it is malformed", () => {
  for (const [, hex] of EXAMPLES) {
    assertRefused(() => decodeRequest(fromHex(hex + "00")), "malformed");
  }
});

Deno.test("request: what it decodes to does not change with the memory it came from", () => {
  for (const [request, hex] of EXAMPLES) {
    const bytes = fromHex(hex);
    const decoded = decodeRequest(bytes);
    bytes.fill(0x55);
    assertEquals(decoded, request);
  }
});

Deno.test("request header: any version, code and size pass, any other length does not", () => {
  for (const [version, code, size] of [[0, 0, 0], [1, 100, 415], [255, 255, MAX_U32]]) {
    const header = { clientId: me, version, code, size };
    assertEquals(decodeRequestHeader(encodeRequestHeader(header)), header);
  }
  for (const size of [0, REQUEST_HEADER_SIZE - 1, REQUEST_HEADER_SIZE + 1]) {
    assertRefused(() => decodeRequestHeader(new Uint8Array(size)), "malformed");
  }
});

Deno.test("payload size: the bounds of each code, and one off", () => {
  const bounds: [code: number, min: number, max: number][] = [
    [RequestCode.register, 415, 415],
    [RequestCode.clientList, 0, 0],
    [RequestCode.publicKey, 16, 16],
    [RequestCode.send, 21, MAX_U32],
    [RequestCode.getMessages, 0, 0],
  ];
  for (const [code, min, max] of bounds) {
    const check = (size: number) => CLASSIC_REQUESTS.checkSize({ code, size });
    check(min);
    check(max);
    if (min > 0) assertRefused(() => check(min - 1), "malformed");
    if (max < MAX_U32) assertRefused(() => check(max + 1), "malformed");
  }
});

Deno.test("payload size: unknown codes are unsupported, even with no payload", () => {
  const known = new Set<number>(Object.values(RequestCode));
  for (let code = 0; code <= 0xff; code++) {
    if (known.has(code)) continue;
    const header = { clientId: me, version: 2, code, size: 0 };
    assertRefused(() => CLASSIC_REQUESTS.checkSize(header), "unsupported");
    assertRefused(() => decodeRequest(encodeRequestHeader(header)), "unsupported");
  }
});

Deno.test("payload: must be as long as its header says", () => {
  const header = { clientId: me, version: 2, code: RequestCode.publicKey, size: 16 };
  for (const size of [0, 15, 17]) {
    assertRefused(() => decodeRequestPayload(header, new Uint8Array(size)), "malformed");
  }
  const wrong = { ...header, size: 17 };
  assertRefused(() => decodeRequestPayload(wrong, new Uint8Array(17)), "malformed");
});

Deno.test("send prefix: the content's size must be what the payload leaves", () => {
  for (const size of [0, 1, MAX_U32 - SEND_PREFIX_SIZE]) {
    const prefix = { to: other, type: MessageType.file, size };
    const bytes = encodeSendPrefix(prefix);
    assertEquals(decodeSendPrefix(bytes, SEND_PREFIX_SIZE + size), prefix);
    for (const wrong of [0, size, SEND_PREFIX_SIZE + size - 1, SEND_PREFIX_SIZE + size + 1]) {
      assertRefused(() => decodeSendPrefix(bytes, wrong), "malformed");
    }
  }
});

Deno.test("send prefix: the four message types, no others", () => {
  const bytes = encodeSendPrefix({ to: other, type: MessageType.keyRequest, size: 0 });
  for (let type = 0; type <= 0xff; type++) {
    bytes[16] = type;
    assertEquals(isMessageType(type), type >= 1 && type <= 4);
    if (isMessageType(type)) assertEquals(decodeSendPrefix(bytes, bytes.length).type, type);
    else assertRefused(() => decodeSendPrefix(bytes, bytes.length), "malformed");
  }
  for (const size of [SEND_PREFIX_SIZE - 1, SEND_PREFIX_SIZE + 1]) {
    const prefix = concat(bytes, new Uint8Array(1)).subarray(0, size);
    assertRefused(() => decodeSendPrefix(prefix, SEND_PREFIX_SIZE), "malformed");
  }
});

Deno.test("request: fields of a wrong size are not encoded", () => {
  const short = new Uint8Array(15);
  const key = new Uint8Array(162);
  const refused: Request[] = [
    { kind: "client-list", clientId: short, version: 2 },
    { kind: "public-key", clientId: me, version: 2, target: short },
    { kind: "register", clientId: me, version: 2, name: "bob", publicKey: key },
    { kind: "send", clientId: me, version: 2, to: short, type: 1, content: new Uint8Array(0) },
    { kind: "get-messages", clientId: me, version: 256 },
  ];
  for (const request of refused) assertThrows(() => encodeRequest(request), RangeError);
});
