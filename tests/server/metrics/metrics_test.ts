import { LIMITS, Metrics } from "../../../server/metrics/metrics.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { READINGS, samplesNow, samplesOf } from "../../support/server/samples.ts";

Deno.test("metrics: names, types and help are as Prometheus wants them", async () => {
  const metrics = new Metrics();
  metrics.answered("secure", 103, "ok", 1);
  const text = await metrics.text(READINGS);
  samplesOf(text);
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    assert(/^(messaging|process)_[a-z_]+$/.test(name), name);
    assertEquals(name.endsWith("_total"), type === "counter", name);
  }
});

Deno.test("metrics: what is read when somebody asks", async () => {
  const samples = await samplesNow(new Metrics());
  assertEquals(samples.get('messaging_build_info{version="1.2.3"}'), 1);
  assertEquals(samples.get("process_start_time_seconds"), 1000);
  assertEquals(samples.get("process_resident_memory_bytes"), 4);
  assertEquals(samples.get("messaging_buffer_bytes"), 5);
  assertEquals(samples.get("messaging_buffer_limit_bytes"), 6);
  assertEquals(samples.get("messaging_buffer_waiters"), 0);
});

Deno.test("metrics: a request is in the bucket of its time, and in all above it", async () => {
  const metrics = new Metrics();
  for (const milliseconds of [0.5, 0.6, 30, 61_000]) {
    metrics.answered("secure", 103, "ok", milliseconds);
  }
  const samples = await samplesNow(metrics);
  const name = "messaging_request_duration_seconds";
  const upTo = (bound: string) =>
    samples.get(`${name}_bucket{protocol="secure",code="103",le="${bound}"}`);
  assertEquals(["0.0005", "0.001", "0.025", "0.05", "60", "+Inf"].map(upTo), [1, 2, 2, 3, 3, 4]);
  assertEquals(samples.get(`${name}_count{protocol="secure",code="103"}`), 4);
  const sum = samples.get(`${name}_sum{protocol="secure",code="103"}`) ?? NaN;
  assert(Math.abs(sum - 61.0311) < 1e-9, `${sum}`);
});

Deno.test("metrics: requests are counted by protocol, code and result", async () => {
  const metrics = new Metrics();
  metrics.answered("secure", 103, "ok", 1);
  metrics.answered("secure", 103, "ok", 1);
  metrics.answered("secure", 103, "over-quota", 1);
  metrics.answered("classic", 103, "ok", 1);
  await samplesNow(metrics); // to be asked changes nothing
  const samples = await samplesNow(metrics);
  const count = (protocol: string, result: string) =>
    samples.get(
      `messaging_requests_total{protocol="${protocol}",code="103",result="${result}"}`,
    );
  assertEquals(count("secure", "ok"), 2);
  assertEquals(count("secure", "over-quota"), 1);
  assertEquals(count("classic", "ok"), 1);
});

Deno.test("metrics: all codes that nobody knows share one label", async () => {
  const metrics = new Metrics();
  for (let code = 0; code < 256; code++) {
    metrics.answered("secure", code, "malformed", 1);
    metrics.answered("classic", code, "malformed", 1);
  }
  const samples = await samplesNow(metrics);
  const requests = [...samples.keys()].filter((key) => key.startsWith("messaging_requests_total"));
  assert(requests.length < 50, `${requests.length} lines`);
  assert(
    (samples.get(
      'messaging_requests_total{protocol="classic",code="unknown",result="malformed"}',
    ) ?? 0) > 200,
  );
});

Deno.test("metrics: a limit shows from the start: its first refusal is an increase", async () => {
  const metrics = new Metrics();
  metrics.refused("connections");
  const samples = await samplesNow(metrics);
  for (const limit of LIMITS) {
    const expected = limit === "connections" ? 1 : 0;
    assertEquals(samples.get(`messaging_refusals_total{limit="${limit}"}`), expected);
  }
});

Deno.test("metrics: commits, and how late timers are", async () => {
  const metrics = new Metrics();
  metrics.committed(3, 1, 10);
  metrics.loopDelayed(20);
  const samples = await samplesNow(metrics);
  assertEquals(samples.get('messaging_commit_operations_bucket{le="2"}'), 0);
  assertEquals(samples.get('messaging_commit_operations_bucket{le="4"}'), 1);
  assertEquals(samples.get("messaging_commit_work_seconds_sum"), 0.001);
  assertEquals(samples.get("messaging_commit_sync_seconds_sum"), 0.01);
  assertEquals(samples.get("messaging_event_loop_delay_seconds_sum"), 0.02);
});
