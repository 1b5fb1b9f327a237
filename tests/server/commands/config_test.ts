/** `messaging-server config`, as a process with the permissions of its task. */
import { assert, assertEquals } from "../../support/assert.ts";
import { runServer } from "../../support/server_process.ts";
import { tempFolder } from "../../support/temp_folder.ts";

Deno.test("config: prints what --config takes, and where each setting comes from", async () => {
  await using temp = await tempFolder();
  const file = `${temp.path}/settings.json`;
  await Deno.writeTextFile(file, JSON.stringify({ expire: 7, classic: false, exempt: ["::1"] }));
  const args = ["config", "--data", temp.path, "--config", file, "--quota", "5G"];
  const env = { MESSAGING_LOG_LEVEL: "debug", MESSAGING_PORT: "4321" };
  const { code, stdout, stderr } = await runServer(args, { env });
  assertEquals(code, 0, stderr);
  const { data, port, expire, classic, exempt, quota, total } = JSON.parse(stdout);
  assertEquals({ data, port, expire, classic, exempt, quota, total }, {
    data: temp.path,
    port: 4321,
    expire: 7,
    classic: false,
    exempt: ["::1"],
    quota: "5G",
    total: "1T",
  });
  const places = Object.fromEntries(
    stderr.trimEnd().split("\n").map((line) => [line.split(" ")[0], line.split(/  +/).at(-1)]),
  );
  assertEquals(Object.keys(places), Object.keys(JSON.parse(stdout)));
  const { "log-level": level, total: unset, ...others } = places;
  assertEquals([level, unset], ["MESSAGING_LOG_LEVEL", "default"]);
  assertEquals([others.quota, others.expire, others.port], ["--quota", file, "MESSAGING_PORT"]);

  await Deno.writeTextFile(file, stdout);
  const again = await runServer(["config", "--config", file]);
  assertEquals(again.stdout, stdout);
  assertEquals(again.stderr.split("\n").filter((line) => line.endsWith("default")), []);
});

Deno.test("config: a wrong value has its place, and the exit code of wrong usage", async () => {
  const { code, stdout, stderr } = await runServer(["config"], { env: { MESSAGING_EXPIRE: "0" } });
  assertEquals([code, stdout], [2, ""]);
  assert(stderr.startsWith("messaging-server: MESSAGING_EXPIRE takes a number of days"), stderr);
});
