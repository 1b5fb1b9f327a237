import { StorageError } from "../../../shared/errors.ts";
import { utf8 } from "../../../shared/bytes.ts";
import { Health } from "../../../server/admin/health.ts";
import { adminPages, type Shown } from "../../../server/admin/pages.ts";
import { DiskError } from "../../../server/storage/disk_errors.ts";
import { Metrics } from "../../../server/metrics/metrics.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { READINGS, samplesOf } from "../../support/server/samples.ts";
import { FakeClock, ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

/** The pages of a server that serves, with the time in `clock`. */
function pagesOf({ services }: ServerFixture, shown: Partial<Shown> = {}) {
  const clock = new FakeClock();
  const { storage, metrics } = services;
  const health = new Health(shown.storage as typeof storage ?? storage, clock.read);
  health.state = "serving";
  const options = { metrics, storage, health, readProcess: () => READINGS, clock: clock.read };
  const pages = adminPages({ ...options, ...shown });
  const get = async (path: string) => {
    const { status, body } = await pages({ method: "GET", path });
    return [status, body];
  };
  return { get, health, clock };
}

Deno.test("pages: metrics, with what is stored", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const alice = await peer.register("alice");
  await peer.sendText(alice, alice, utf8("twelve bytes"));
  const { get } = pagesOf(server);
  const [status, body] = await get("/metrics");
  assertEquals(status, 200);
  const samples = samplesOf(String(body));
  const { charged } = await server.services.storage.stats();
  for (
    const [name, value] of [
      ["messaging_mailboxes", 1],
      ["messaging_waiting_messages", 1],
      ["messaging_waiting_message_bytes", 12],
      ["messaging_files", 0],
      ["messaging_charged_bytes", charged],
      ["messaging_charged_limit_bytes", 1000],
      ['messaging_requests_total{protocol="classic",code="103",result="ok"}', 1],
    ] as const
  ) assertEquals(samples.get(name), value, name);
  assert((samples.get("messaging_commit_sync_seconds_count") ?? 0) >= 2, "commits are counted");
  assert((samples.get("messaging_commit_operations_sum") ?? 0) >= 2, "and their changes");
});

Deno.test("pages: metrics are made once a second, however often they are asked for", async () => {
  await using server = await ServerFixture.start();
  let asked = 0;
  const { storage } = server.services;
  const stats = () => (asked++, storage.stats());
  const { get, clock } = pagesOf(server, { storage: storageWith(storage, { stats }) });
  for (let i = 0; i < 100; i++) await get("/metrics");
  assertEquals(asked, 1);
  clock.now = 1000;
  await get("/metrics");
  assertEquals(asked, 2);
});

Deno.test("pages: without the storage's numbers the others are shown", async () => {
  await using server = await ServerFixture.start();
  const { storage } = server.services;
  const stats = () => Promise.reject(new StorageError("failed", "no"));
  const { get } = pagesOf(server, { storage: storageWith(storage, { stats }) });
  const [status, body] = await get("/metrics");
  const samples = samplesOf(String(body));
  assertEquals([status, samples.get("messaging_mailboxes")], [200, undefined]);
  assertEquals(samples.get("process_resident_memory_bytes"), 4);
});

Deno.test("pages: free space that is not known is left out", async () => {
  await using server = await ServerFixture.start();
  const readProcess = () => ({ ...READINGS, diskLeft: Infinity });
  for (const [shown, expected] of [[{}, 2000], [{ readProcess }, undefined]] as const) {
    const { get } = pagesOf(server, shown);
    const samples = samplesOf(String((await get("/metrics"))[1]));
    assertEquals(samples.get("messaging_disk_left_bytes"), expected);
  }
});

Deno.test("pages: nothing else is there", async () => {
  await using server = await ServerFixture.start();
  const { get } = pagesOf(server);
  for (const path of ["/", "/metrics/", "/Metrics", "/../metrics", "/favicon.ico"]) {
    assertEquals((await get(path))[0], 404, path);
  }
});

Deno.test("health: it lives while it starts and stops, and is ready in between", async () => {
  await using server = await ServerFixture.start();
  const { get, health } = pagesOf(server);
  for (const state of ["starting", "serving", "draining"] as const) {
    health.state = state;
    assertEquals(await get("/healthz"), [200, "ok\n"]);
    const expected = state === "serving" ? [200, "ready\n"] : [503, `${state}\n`];
    assertEquals(await get("/readyz"), expected);
  }
});

Deno.test("health: not ready while the storage takes no writes, ready again after", async () => {
  await using server = await ServerFixture.start();
  const { storage } = server.services;
  let error: StorageError | null = null;
  let probes = 0;
  const probe = () => {
    probes++;
    return error ? Promise.reject(error) : storage.probe();
  };
  const { get, clock } = pagesOf(server, { storage: storageWith(storage, { probe }) });
  const later = () => {
    clock.now += 1000;
    return get("/readyz");
  };
  assertEquals(await later(), [200, "ready\n"]);
  error = new DiskError("full");
  assertEquals(await get("/readyz"), [200, "ready\n"]); // as it was found a moment ago
  assertEquals(await later(), [503, "the server's disk is full\n"]);
  error = new StorageError("failed", "no");
  assertEquals(await later(), [503, "the storage takes no writes\n"]);
  error = null;
  assertEquals(await later(), [200, "ready\n"]);
  assertEquals(probes, 4);
});

Deno.test("metrics: two servers count apart", async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  one.refused("connections");
  const samples = samplesOf(await other.text(READINGS));
  assertEquals(samples.get('messaging_refusals_total{limit="connections"}'), 0);
});
