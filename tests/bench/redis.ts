/** Redis as the peer of stored messages: `XADD`, on the disk before the answer. */
import { sleep } from "../../shared/sleep.ts";
import type { Environment, Suite } from "./measure.ts";
import { needProgram, runProgram } from "./programs.ts";
import { type Load, loadsBesideRedis, secureSend } from "./secure_messages.ts";
import { MESSAGE_SIZE, ROUND } from "./workload.ts";

/** Messages of the run from which the next one is planned. */
const FIRST_COUNT = 2000;

/** The same load by Redis' own generator, then by ours, for a second each. */
export const sendsBesideRedis: readonly Suite[] = loadsBesideRedis.flatMap((load) => [
  redisAdds(load),
  secureSend(load, [`redis-${load.name}`]),
]);

function redisAdds({ name, title, connections, depth }: Load): Suite {
  return {
    rows: [{ name: `redis-${name}`, title: `Redis XADD, fsync always, ${title}`, unit: "/s" }],
    async prepare(signal) {
      await needProgram("redis-server", "redis-server", signal);
      await needProgram("redis-benchmark", "redis-tools", signal);
    },
    async open(environment) {
      const { signal } = environment;
      const port = await startRedis(environment, `redis-${name}`);
      const add = async (count: number): Promise<number> => {
        const load = ["-p", port, "-c", connections, "-P", depth, "-n", count].map(String);
        const entry = ["XADD", name, "*", "content", "x".repeat(MESSAGE_SIZE)];
        const command = ["redis-benchmark", ...load, "--csv", ...entry];
        return rateIn((await runProgram(command, { signal })).stdout);
      };
      let rate = await add(FIRST_COUNT);
      return async () => {
        rate = await add(Math.ceil(rate * ROUND / 1000));
        return [{ value: rate }];
      };
    },
  };
}

/** Starts a Redis with a folder of its own, for as long as the group is measured. */
async function startRedis(
  { folder, keep, signal }: Environment,
  name: string,
): Promise<number> {
  const data = `${folder}/${name}`;
  await Deno.mkdir(data);
  const port = freePort();
  const listen = ["--port", String(port), "--bind", "127.0.0.1", "--dir", data];
  const log = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
  const child = new Deno.Command("redis-server", {
    args: [...listen, ...log],
    stdin: "null",
    stdout: "null",
  }).spawn();
  let ended = false;
  child.status.then(() => ended = true);
  keep({
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill("SIGKILL");
      await child.status;
    },
  });
  for (;;) {
    const args = ["redis-cli", "-p", String(port), "ping"];
    const answer = await runProgram(args, { signal }).catch(() => null);
    if (answer?.stdout.trim() === "PONG") return port;
    if (ended || signal.aborted) throw new Error("redis-server did not start");
    await sleep(50);
  }
}

/** Nobody listens on it, and soon somebody may: Redis does not choose one itself. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * What `redis-benchmark --csv` measured, as requests a second.
 * @throws {Error} for another output
 */
export function rateIn(csv: string): number {
  const [headings = [], values = []] = csv.trim().split("\n").slice(-2).map(fieldsOf);
  const rate = Number(values[headings.indexOf("rps")]);
  if (!(rate > 0)) throw new Error(`redis-benchmark wrote no rate: ${csv}`);
  return rate;
}

/** The fields of a line, each within quotation marks. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"/g)].map(([, field]) => field);
}
