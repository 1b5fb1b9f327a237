import type { TransferInfo } from "../../../../client/transfers/transfer_info.ts";
import { toJson, toText } from "../../../../client/cli/output/output.ts";
import { localTime } from "../../../../client/cli/output/printable.ts";
import { PLAIN_STYLE } from "../../../../client/cli/output/style.ts";
import { transferText } from "../../../../client/cli/output/transfers.ts";
import { fromHex } from "../../../../shared/bytes.ts";
import { MiB } from "../../../../shared/limits.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const bob = { id: fromHex("00FF102030405060708090A0B0C0D0E0"), name: "bob", alias: "Bobby" };

const TRANSFER: TransferInfo = {
  number: 7,
  entry: null,
  direction: "down",
  state: "waiting",
  peer: bob,
  name: "a.pdf",
  size: 120 * MiB,
  done: 0,
  path: null,
  started: 1e12,
  ended: null,
  reason: null,
  retryAt: null,
};

function textOf(changes: Partial<TransferInfo>): string {
  return transferText({ ...TRANSFER, ...changes }, (text) => text, PLAIN_STYLE);
}

Deno.test("transfers: a file that waits, and what to do", async () => {
  const text = `7  Bobby (ID 00ff1020): a.pdf, 120 MiB, ${localTime(1e12)}. ` +
    "Fetch it with: messaging-client fetch 7";
  assertEquals(await toText({ kind: "waiting", transfer: TRANSFER }), text);
});

Deno.test("transfers: each state has its words", () => {
  const from = "7  \u2190 Bobby: a.pdf, ";
  assertEquals(textOf({}), `${from}120 MiB, waits. Fetch it with: messaging-client fetch 7`);
  const active = { direction: "up", state: "active", done: 45 * MiB } as const;
  const to = "7  \u2192 Bobby: a.pdf, ";
  assertEquals(textOf(active), `${to}45 of 120 MiB, goes on with the next receive`);
  const done = { state: "done", path: "/d/a.pdf" } as const;
  assertEquals(textOf(done), `${from}120 MiB, done: /d/a.pdf`);
  assertEquals(textOf({ ...done, direction: "up" }), `${to}120 MiB, done`);
  assertEquals(textOf({ state: "cancelled" }), `${from}120 MiB, cancelled`);
  const failed = { state: "failed", reason: "it is gone" } as const;
  assertEquals(textOf(failed), `${from}120 MiB, failed: it is gone`);
});

Deno.test("transfers: for scripts, exactly the promised object", () => {
  const json = '{"transfer":7,"direction":"down",' +
    '"peer":{"id":"00ff102030405060708090a0b0c0d0e0","name":"bob"},"name":"a.pdf",' +
    '"size":125829120,"done":0,"state":"waiting","path":null,' +
    '"started":"2001-09-09T01:46:40.000Z","ended":null,"reason":null}';
  for (const kind of ["waiting", "transfer"] as const) {
    assertEquals(toJson({ kind, transfer: TRANSFER }), json);
  }
  const later = toJson({
    kind: "transfer",
    transfer: {
      ...TRANSFER,
      direction: "up",
      state: "failed",
      ended: 1e12,
      reason: "gone",
      path: "/a",
    },
  });
  assert(later.includes('"direction":"up"') && later.includes('"state":"failed"'), later);
  assert(later.endsWith('"ended":"2001-09-09T01:46:40.000Z","reason":"gone"}'), later);
});

Deno.test("transfers: a hostile name stays on its line", async () => {
  const name = "a\x1b[2J\n8  \u2190 alice: b";
  for (const kind of ["waiting", "transfer"] as const) {
    const text = await toText({ kind, transfer: { ...TRANSFER, name } });
    assert(!text.includes("\n") && !text.includes("\x1b"), text);
  }
});

Deno.test("transfers: what waits says why, and when it is tried again", () => {
  const wait = { direction: "up", state: "active", reason: "it is full", retryAt: 2e12 } as const;
  const to = "7  \u2192 Bobby: a.pdf, ";
  const when = localTime(2e12);
  assertEquals(textOf(wait), `${to}0 of 120 MiB, waits: it is full; tried again after ${when}`);
  const json = toJson({ kind: "transfer", transfer: { ...TRANSFER, ...wait } });
  assertEquals(JSON.parse(json).retryAt, new Date(2e12).toISOString());
});

Deno.test("transfers: so does a text, for people and for scripts", async () => {
  const text = { entry: 3, to: bob, what: "text", since: 1e12, reason: "full" } as const;
  const message = { ...text, retryAt: 2e12 };
  const line = `\u2192 Bobby: a text of ${localTime(1e12)}, waits: full; ` +
    `tried again after ${localTime(2e12)}`;
  assertEquals(await toText({ kind: "kept", message }), line);
  const json = '{"waiting":"text","number":3,' +
    '"peer":{"id":"00ff102030405060708090a0b0c0d0e0","name":"bob"},' +
    '"since":"2001-09-09T01:46:40.000Z","reason":"full","retryAt":"2033-05-18T03:33:20.000Z"}';
  assertEquals(toJson({ kind: "kept", message }), json);
});
