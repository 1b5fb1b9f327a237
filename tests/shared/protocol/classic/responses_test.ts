import { fromHex, toHex } from "../../../../shared/bytes.ts";
import { ProtocolError, type ProtocolErrorCode } from "../../../../shared/errors.ts";
import { MAX_U32 } from "../../../../shared/limits.ts";
import { ResponseCode } from "../../../support/protocol/codes.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { decodeResponse, decodeResponsePayload } from "../../../support/protocol/frames.ts";
import { encodeResponse, type Response } from "../../../../shared/protocol/classic/responses.ts";
import {
  decodeResponseHeader,
  encodeResponseHeader,
  RESPONSE_HEADER_SIZE,
} from "../../../../shared/protocol/frame.ts";
import {
  decodeMessageHead,
  encodeMessageHead,
  MESSAGE_HEAD_SIZE,
} from "../../../../shared/protocol/message.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";

const id = fromHex("00112233445566778899aabbccddeeff");
const other = fromHex("f0e1d2c3b4a5968778695a4b3c2d1e0f");
const ids = { id: toHex(id), other: toHex(other) };
const bob = "626f62" + "00".repeat(252);
const eve = "65c3a8" + "00".repeat(252);

/** Each kind of response with its bytes, written down by hand. */
const EXAMPLES: [Response, string][] = [
  [{ kind: "registered", version: 2, clientId: id }, `02e80310000000${ids.id}`],
  [{ kind: "client-list", version: 2, clients: [] }, "02e90300000000"],
  [
    { kind: "client-list", version: 2, clients: [{ id, name: "bob" }, { id: other, name: "eè" }] },
    `02e9031e020000${ids.id}${bob}${ids.other}${eve}`,
  ],
  [
    { kind: "public-key", version: 2, clientId: id, publicKey: new Uint8Array(160).fill(0xab) },
    `02ea03b0000000${ids.id}${"ab".repeat(160)}`,
  ],
  [
    { kind: "sent", version: 2, to: other, messageId: 0x01020304 },
    `02eb0314000000${ids.other}04030201`,
  ],
  [{ kind: "messages", version: 2, messages: [] }, "02ec0300000000"],
  [
    {
      kind: "messages",
      version: 2,
      messages: [
        { from: id, messageId: 7, type: MessageType.keyRequest, content: new Uint8Array(0) },
        {
          from: other,
          messageId: MAX_U32,
          type: MessageType.text,
          content: new Uint8Array([5, 6]),
        },
      ],
    },
    `02ec0334000000${ids.id}070000000100000000${ids.other}ffffffff03020000000506`,
  ],
  [{ kind: "failure", version: 2 }, "02282300000000"],
];

function assertRefused(fn: () => unknown, code: ProtocolErrorCode): void {
  assertEquals(assertThrows(fn, ProtocolError).code, code);
}

Deno.test("response: each kind has exactly the bytes of the specification", () => {
  for (const [response, hex] of EXAMPLES) {
    assertEquals(toHex(encodeResponse(response)), hex);
    assertEquals(decodeResponse(fromHex(hex)), response);
  }
});

Deno.test("response: cut anywhere it is malformed", () => {
  for (const [, hex] of EXAMPLES) {
    const bytes = fromHex(hex);
    for (let size = 0; size < bytes.length; size++) {
      assertRefused(() => decodeResponse(bytes.subarray(0, size)), "malformed");
    }
  }
});

Deno.test("response: with a byte too many it is malformed, also where the header counts it", () => {
  for (const [, hex] of EXAMPLES) {
    const bytes = fromHex(hex + "00");
    assertRefused(() => decodeResponse(bytes), "malformed");
    const size = bytes.length - RESPONSE_HEADER_SIZE;
    new DataView(bytes.buffer).setUint32(3, size, true);
    assertRefused(() => decodeResponse(bytes), "malformed");
  }
});

Deno.test("response: what it decodes to does not change with the memory it came from", () => {
  for (const [response, hex] of EXAMPLES) {
    const bytes = fromHex(hex);
    const decoded = decodeResponse(bytes);
    bytes.fill(0x55);
    assertEquals(decoded, response);
  }
});

Deno.test("response header: any version, code and size pass, any other length does not", () => {
  for (const [version, code, size] of [[0, 0, 0], [2, 9000, 5], [255, 65535, MAX_U32]]) {
    const header = { version, code, size };
    assertEquals(decodeResponseHeader(encodeResponseHeader(header)), header);
  }
  for (const size of [0, RESPONSE_HEADER_SIZE - 1, RESPONSE_HEADER_SIZE + 1]) {
    assertRefused(() => decodeResponseHeader(new Uint8Array(size)), "malformed");
  }
});

Deno.test("response: unknown codes are unsupported", () => {
  for (const code of [0, 100, 999, 1005, 1110, 8999, 9001, 65535]) {
    const header = { version: 2, code, size: 0 };
    assertRefused(() => decodeResponse(encodeResponseHeader(header)), "unsupported");
  }
});

Deno.test("payload: must be as long as its header says", () => {
  const header = { version: 2, code: ResponseCode.registered, size: 16 };
  for (const size of [0, 15, 17]) {
    assertRefused(() => decodeResponsePayload(header, new Uint8Array(size)), "malformed");
  }
});

Deno.test("message head: the four types, and no other length", () => {
  const bytes = encodeMessageHead({ from: id, messageId: 1, type: MessageType.key, size: MAX_U32 });
  assertEquals(bytes.length, MESSAGE_HEAD_SIZE);
  for (const type of [1, 2, 3, 4] as const) {
    bytes[20] = type;
    assertEquals(decodeMessageHead(bytes), { from: id, messageId: 1, type, size: MAX_U32 });
  }
  for (const type of [0, 5, 255]) {
    bytes[20] = type;
    assertRefused(() => decodeMessageHead(bytes), "malformed");
  }
  assertRefused(() => decodeMessageHead(new Uint8Array(MESSAGE_HEAD_SIZE - 1)), "malformed");
  assertRefused(() => decodeMessageHead(new Uint8Array(MESSAGE_HEAD_SIZE + 1)), "malformed");
});

Deno.test("messages: a content size beyond the payload is malformed", () => {
  const [, hex] = EXAMPLES[6];
  const bytes = fromHex(hex);
  const sizeField = RESPONSE_HEADER_SIZE + MESSAGE_HEAD_SIZE * 2 - 4;
  for (const size of [3, 0x7fff_ffff, MAX_U32]) {
    new DataView(bytes.buffer).setUint32(sizeField, size, true);
    assertRefused(() => decodeResponse(bytes), "malformed");
  }
});

Deno.test("response: fields of a wrong size are not encoded", () => {
  const short = new Uint8Array(15);
  const refused: Response[] = [
    { kind: "registered", version: 2, clientId: short },
    { kind: "client-list", version: 2, clients: [{ id: short, name: "bob" }] },
    { kind: "public-key", version: 2, clientId: id, publicKey: new Uint8Array(159) },
    { kind: "sent", version: 2, to: id, messageId: MAX_U32 + 1 },
    { kind: "failure", version: -1 },
  ];
  for (const response of refused) assertThrows(() => encodeResponse(response), RangeError);
});
