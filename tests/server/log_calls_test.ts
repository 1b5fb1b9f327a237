/** Each call of the log in the server says only what the log may hold. */
import { assert, assertEquals } from "../support/assert.ts";
import { logCalls } from "../support/architecture/log_calls.ts";
import { listFiles, readText } from "../support/architecture/project.ts";

/** All properties that a record may have. None is a payload, a key, a name or a client's ID. */
const ALLOWED = [
  "advice", // what the operator should do
  "address", // of a peer, where --log-addresses allows it
  "blob", // the random name of a file
  "blobs",
  "chunk", // a number
  "code", // of a request
  "count",
  "error", // of the system or of the storage, which know no names of clients
  "reserve", // bytes
  "total", // bytes
  "hours", // by which a clock has jumped
  "limit", // one of LIMITS in server/metrics/metrics.ts
  "reason", // the name of an error, such as "over-quota"
  "signal",
  "swept", // how many
];

/** What no value may come from, whatever its property is called. */
const FORBIDDEN =
  /\b(asker|mailbox|owner|target|receivers?|clientId|identity|publicKey|secret|token|payload|content|inline|text)\b/;

Deno.test("log: no call in the server has a property that could be a secret", () => {
  const files = listFiles("server/").filter((path) => path.endsWith(".ts"));
  const all = files.flatMap((path) => logCalls(readText(path)).map((call) => ({ path, ...call })));
  assert(all.length > 15, `${all.length} calls were found`);
  for (const { path, template, properties } of all) {
    const where = `${path}: ${template}`;
    assert(template !== null && properties !== null, `${where} is not written out`);
    for (const [name, value] of Object.entries(properties)) {
      assert(ALLOWED.includes(name), `${where} has {${name}}; if it is no secret, allow it here`);
      assert(!FORBIDDEN.test(value), `${where} has ${value}`);
    }
    for (const [, name] of template.matchAll(/\{([^}]*)\}/g)) {
      assert(name in properties, `${where} has no {${name}}`);
    }
  }
});

Deno.test("log: the scan sees calls of every form", () => {
  const text = `
    const words = "Gone: {name}";
    log.error(words, { name, size: file.size });
    this.#services.log.warn("plain");
    this.#log.info(\`so \${many}\`, properties);
    services.log.with({ address: conn.hostname });
    dialog.error("no log");
  `;
  assertEquals(logCalls(text), [
    { template: "Gone: {name}", properties: { name: "name", size: "file.size" } },
    { template: "plain", properties: {} },
    { template: null, properties: null },
    { template: "", properties: { address: "conn.hostname" } },
  ]);
});
