/** Headers: the two sizes, and what is refused although it was sealed with the right key. */
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { ChaChaKey } from "../../../shared/crypto/chacha20_poly1305.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import {
  type Header,
  openHeader,
  SEALED_HEADER_SIZES,
  sealHeader,
} from "../../../shared/session/ratchet_header.ts";
import { assertEquals } from "../../support/assert.ts";

const [key, nonce, associated] = [randomBytes(32), randomBytes(12), randomBytes(5)];
const head = { ratchetKey: randomBytes(32), previous: 3, number: 2 ** 32 - 1 };

const seal = (header: Header) => sealHeader(key, nonce, associated, header);
const open = (sealed: Bytes) => openHeader(key, nonce, associated, sealed);

Deno.test("header: with each part it has one of two sizes, and comes back", () => {
  assertEquals(SEALED_HEADER_SIZES, [57, 1241]);
  for (const [part, size] of [[null, 57], [1184, 1241], [1088, 1241]] as const) {
    const header = { ...head, part: part && randomBytes(part) };
    const sealed = seal(header);
    assertEquals(sealed.length, size);
    assertEquals(open(sealed), header);
    assertEquals(openHeader(randomBytes(32), nonce, associated, sealed), null);
    assertEquals(openHeader(key, nonce, concat(associated, nonce), sealed), null);
  }
});

Deno.test("header: another size, part or padding is refused", () => {
  const plain = (part: number, ...rest: Bytes[]) =>
    concat(head.ratchetKey, new Uint8Array(8), new Uint8Array([part]), ...rest);
  const sealed = (bytes: Bytes) => new ChaChaKey(key).seal(nonce, associated, bytes);
  const [short, long, padding] = [randomBytes(1088), randomBytes(1184), new Uint8Array(96)];
  for (const good of [plain(0), plain(1, long), plain(2, short, padding)]) {
    assertEquals(open(sealed(good))?.previous, 0);
  }
  for (
    const bad of [
      plain(1),
      plain(2),
      plain(3),
      plain(0, new Uint8Array(1184)),
      plain(3, long),
      plain(2, short),
      plain(1, short),
      plain(1, long, padding),
      plain(2, short, padding.with(0, 1)),
      plain(2, short, padding.with(95, 1)),
      plain(0, new Uint8Array(1)),
    ]
  ) assertEquals(open(sealed(bad)), null);
});
