/** Every metric that README names is there, under the labels that README gives it. */
import { Metrics } from "../../server/metrics/metrics.ts";
import { assert } from "../support/assert.ts";
import { firstTable, partUnder, readDocument } from "../support/documents.ts";
import { READINGS } from "../support/server/samples.ts";

const watching = partUnder(readDocument("README.md"), "Watch it");

Deno.test("README: the metrics that it names are there", async () => {
  const metrics = new Metrics();
  metrics.answered("secure", 103, "failed", 1);
  metrics.logged("error");
  metrics.refused("connections");
  const text = await metrics.text({
    ...READINGS,
    storage: { clients: 1, messages: 1, messageBytes: 1, files: 1, fileBytes: 1, charged: 1 },
  });
  const names = new Set(watching.match(/\b(messaging|process)_[a-z_]+/g));
  assert(names.size >= 10, `${names.size} metrics are named`);
  for (const name of names) assert(text.includes(`# TYPE ${name} `), name);
  for (const row of watching.split("\n").filter((line) => line.startsWith("| `"))) {
    const [name, label] = [/`(\w+)`/.exec(row)?.[1], /`([a-z]+="[^"]*")`/.exec(row)?.[1]];
    if (!label) continue;
    const shown = text.split("\n").some((line) => line.startsWith(name!) && line.includes(label));
    assert(shown, `${name} has no ${label}`);
  }
});

Deno.test("README: the paths of the admin port", () => {
  const paths = firstTable(watching).map(([path]) => path);
  for (const path of ["/metrics", "/healthz", "/readyz"]) assert(paths.includes(`\`${path}\``));
});
