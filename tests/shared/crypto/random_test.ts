import { toHex } from "../../../shared/bytes.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { assert, assertEquals } from "../../support/assert.ts";

Deno.test("random bytes: every part of every size is filled, and none twice alike", () => {
  const seen = new Set<string>();
  let parts = 0;
  for (const size of [16, 32, 64, 65_536, 65_536 + 16, 200_000]) {
    for (let turn = 0; turn < 2; turn++) {
      const bytes = randomBytes(size);
      assertEquals(bytes.length, size);
      for (let at = 0; at < size; at += 16) {
        const part = bytes.subarray(Math.min(at, size - 16), Math.min(at, size - 16) + 16);
        assert(part.some((byte) => byte !== 0), `zeros from byte ${at} of ${size} on`);
        seen.add(toHex(part));
        parts++;
      }
    }
  }
  assertEquals(seen.size, parts);
  assertEquals(randomBytes(0).length, 0);
});
