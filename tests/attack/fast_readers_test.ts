/** Readers who take all that they can get: what is short does not wait for all of them. */
import { concat } from "../../shared/bytes.ts";
import { MiB } from "../../shared/limits.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { assert } from "../support/assert.ts";
import { type SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";
import { until } from "../support/until.ts";

/** The connections of one identity. */
const READERS = 16;
const REQUESTS = 5;
/** What the readers may get while somebody else has one short request answered. */
const MOST = 6 * MiB;

Deno.test("fast readers: what is short waits for few of their pieces, not for all", async () => {
  await using server = await ServerFixture.start({ exempt: ["127.0.0.1"] });
  const alice = await server.secure("alice");
  const eve = await Someone.called("eve");
  const readers: SecurePeer[] = [];
  while (readers.length < READERS) readers.push(await server.secure(eve));
  for (let i = 0; i < 60; i++) await readers[0].sendText(eve.id, "t".repeat(60_000));
  const polls = encodeSecureRequest({ kind: "get-messages", after: 0 });
  let [taken, over] = [0, false];
  const reading = readers.map(async (reader) => {
    await reader.send(concat(...Array(1_000).fill(polls)));
    const bytes = new Uint8Array(MiB);
    while (!over) taken += await reader.conn.read(bytes) ?? 0;
    reader[Symbol.dispose]();
  });
  await until("all of them read", () => taken > READERS * MiB / 2);
  const before = taken;
  for (let i = 0; i < REQUESTS; i++) await alice.acknowledge();
  const each = (taken - before) / REQUESTS;
  over = true;
  await Promise.allSettled(reading);
  assert(each < MOST, `${each} bytes for each request`);
});
