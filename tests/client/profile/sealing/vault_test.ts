import { ClientError } from "../../../../client/errors.ts";
import { BLIND_SIZE, rowOf, Vault } from "../../../../client/profile/sealing/vault.ts";
import { utf8 } from "../../../../shared/bytes.ts";
import { randomBytes } from "../../../../shared/crypto/random.ts";
import { CryptoError } from "../../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { testVault } from "../../../support/profile/database.ts";

const ROW = rowOf("contacts", 1);

function refused(vault: Vault, context: string, sealed: Uint8Array): void {
  const error = assertThrows(() => vault.open(context, sealed), ClientError, "damaged");
  assertEquals(error.code, "bad-profile");
}

Deno.test("vault: opens what it sealed, of any size", () => {
  const vault = testVault();
  for (const size of [0, 1, 15, 16, 17, 70_000]) {
    const plaintext = randomBytes(size);
    const sealed = vault.seal(ROW, plaintext);
    assertEquals(sealed.length, size + 40);
    assertEquals(vault.open(ROW, sealed), plaintext);
  }
  const row = {
    id: new Uint8Array([1, 2]),
    name: "Ålice",
    count: 3,
    none: null,
    inner: { a: [true] },
  };
  assertEquals(vault.openRow<typeof row>(ROW, vault.sealRow(ROW, row)), row);
});

Deno.test("vault: refuses what was changed anywhere, cut, or put in another place", () => {
  const vault = testVault();
  const sealed = vault.seal(ROW, utf8("a secret"));
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    const changed = sealed.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    refused(vault, ROW, changed);
  }
  for (let size = 0; size < sealed.length; size++) refused(vault, ROW, sealed.slice(0, size));
  refused(vault, rowOf("contacts", 2), sealed);
  refused(vault, rowOf("servers", 1), sealed);
  refused(testVault(2), ROW, sealed);
});

Deno.test("vault: the same row never looks the same", () => {
  const vault = testVault();
  const rows = Array.from({ length: 100 }, () => vault.seal(ROW, utf8("the same")).toHex());
  assertEquals(new Set(rows.map((row) => row.slice(0, 48))).size, 100);
  assertEquals(new Set(rows.map((row) => row.slice(48))).size, 100);
});

Deno.test("vault: a tag depends on the key, the context and each part", () => {
  const vault = testVault();
  const [ab, c, a, bc] = ["ab", "c", "a", "bc"].map(utf8);
  const tag = vault.blind("context", ab, c);
  assertEquals(tag.length, BLIND_SIZE);
  assertEquals(testVault().blind("context", ab, c), tag);
  const others = [
    testVault(2).blind("context", ab, c),
    vault.lastingBlind("context", ab, c),
    vault.blind("other", ab, c),
    vault.blind("context", a, bc),
    vault.blind("context", ab, c, new Uint8Array(0)),
    vault.blind("context", utf8("abc")),
    vault.blind("context", c, ab),
  ];
  assertEquals(new Set([tag, ...others].map((each) => each.toHex())).size, 1 + others.length);
});

Deno.test("vault: lasting tags outlast the data key", () => {
  const old = testVault();
  const next = new Vault(new Uint8Array(32).fill(2), randomBytes, old.lasting);
  assertEquals(next.lastingBlind("agreed", utf8("a")), old.lastingBlind("agreed", utf8("a")));
  assert(next.blind("agreed", utf8("a")).toHex() !== old.blind("agreed", utf8("a")).toHex());
});

Deno.test("vault: a wiped one does nothing, and a key has 32 bytes", () => {
  const vault = testVault();
  const sealed = vault.seal(ROW, utf8("a"));
  vault.wipe();
  assertThrows(() => vault.seal(ROW, utf8("a")), TypeError);
  assertThrows(() => vault.open(ROW, sealed), TypeError);
  assertThrows(() => vault.blind(ROW), TypeError);
  assertThrows(() => vault.lastingBlind(ROW), TypeError);
  assertThrows(() => new Vault(new Uint8Array(16), randomBytes), CryptoError);
});
