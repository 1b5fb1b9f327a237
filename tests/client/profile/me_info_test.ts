import { decodeMeInfo, encodeMeInfo } from "../../../client/profile/me_info.ts";
import { fromHex, toHex } from "../../../shared/bytes.ts";
import { generateClassicKeyPair, trimDer } from "../../../shared/crypto/classic/classic.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { readTranscript } from "../../support/vectors.ts";

const { "me.info": recorded } = readTranscript();
const [NAME, ID, KEY] = recorded.alice;

Deno.test("me.info: what the original wrote decodes and encodes to the same bytes", () => {
  for (const [name, lines] of Object.entries(recorded)) {
    const text = lines.join("\n");
    const identity = decodeMeInfo(text);
    assertEquals(identity.name, name);
    assertEquals(toHex(identity.id).toUpperCase(), lines[1]);
    assertEquals(trimDer(identity.privateKey), identity.privateKey);
    assertEquals(encodeMeInfo(identity), text);
  }
});

Deno.test("me.info: an identity of ours comes back as it was", async () => {
  const { privateKey } = await generateClassicKeyPair();
  const id = fromHex("00ff102030405060708090a0b0c0d0e0");
  for (const name of ["bo", "שלום 👋", " two  words ", "x".repeat(254), "\u{feff}mark"]) {
    assertEquals(decodeMeInfo(encodeMeInfo({ id, name, privateKey })), { id, name, privateKey });
  }
});

Deno.test("me.info: line ends of another system and lower-case hex are taken, too", () => {
  const expected = decodeMeInfo(`${NAME}\n${ID}\n${KEY}\n`);
  assertEquals(decodeMeInfo(`${NAME}\r\n${ID}\r\n${KEY}\r\n`), expected);
  assertEquals(decodeMeInfo(`${NAME}\n${ID.toLowerCase()}\n${KEY}`), expected);
});

Deno.test("me.info: what is wrong with a file is told, and the key is not", () => {
  const field = Uint8Array.fromBase64(KEY);
  const cases: [text: string, reason: string][] = [
    ["", "three lines"],
    [NAME, "three lines"],
    [`${NAME}\n${ID}`, "three lines"],
    [`x\n${ID}\n${KEY}`, "at least 2 characters"],
    [`${"x".repeat(255)}\n${ID}\n${KEY}`, "at most 254 bytes"],
    [`${NAME}\n${ID.slice(1)}\n${KEY}`, "second line"],
    [`${NAME}\n${ID}00\n${KEY}`, "second line"],
    [`${NAME}\n${ID.slice(1)}g\n${KEY}`, "second line"],
    [`${NAME}\n${KEY}\n${ID}`, "second line"],
    [`${NAME}\n${ID}\n${KEY.slice(0, 99)}*`, "base64"],
    [`${NAME}\n${ID}\n`, "private key"],
    [`${NAME}\n${ID}\n${KEY.slice(0, 400)}`, "private key"],
    [`${NAME}\n${ID}\n${field.slice(1).toBase64()}`, "private key"],
    [`${NAME}\n${ID}\n${new Uint8Array(1000).toBase64()}`, "private key"],
  ];
  for (const [text, reason] of cases) {
    const { message } = assertThrows(() => decodeMeInfo(text), Error, reason);
    for (let at = 0; at + 16 <= KEY.length && at < 800; at += 16) {
      assert(!message.includes(KEY.slice(at, at + 16)), message);
    }
  }
});
