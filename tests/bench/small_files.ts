/** Many small files from one client to another, by a command each. */
import { KiB } from "../../shared/limits.ts";
import { compileClient, registerCompiled } from "./compiled_client.ts";
import type { Figure, Suite } from "./measure.ts";
import { randomBytes } from "./workload.ts";

const COUNT = 1000;
const SIZE = 4 * KiB;
const ALL = COUNT.toLocaleString("en");

export const smallFiles: Suite = {
  rows: [
    { name: "small-disk", title: `${ALL} files written and fsynced one by one`, unit: "s" },
    { name: "small-send", title: `${ALL} files sent`, goal: { atMost: 5 } },
    { name: "small-receive", title: `${ALL} files received`, goal: { atMost: 10 } },
  ].map((row) => ({ ...row, unit: "s", ...row.goal && { limits: ["small-disk"] } })),
  prepare: compileClient,
  async open({ server: { port }, folder, signal }) {
    const alice = await registerCompiled("small-sender", { folder, port, signal });
    const bob = await registerCompiled("small-receiver", { folder, port, signal });
    await bob.run("alias", alice.name, alice.name); // files of strangers are not fetched
    const source = `${folder}/small`;
    const inbox = `${folder}/small-received`;
    const paths = Array.from({ length: COUNT }, (_, i) => `${source}/${i}`);
    const write = () => {
      Deno.mkdirSync(source);
      for (const path of paths) writeSynced(path);
      return Promise.resolve();
    };
    const check = async () => {
      const received = (await Array.fromAsync(Deno.readDir(inbox))).length;
      if (received !== COUNT) throw new Error(`${received} of ${COUNT} files were received`);
    };
    return async () => {
      const figures = [
        await seconds(write),
        await seconds(() => alice.run("send-file", bob.name, ...paths)),
        await seconds(() => bob.run("receive", "--out", inbox)),
      ];
      await check();
      for (const path of [source, inbox]) await Deno.remove(path, { recursive: true });
      return figures;
    };
  },
};

function writeSynced(path: string): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  file.writeSync(randomBytes(SIZE));
  file.syncDataSync();
}

async function seconds(work: () => Promise<void>): Promise<Figure> {
  const start = performance.now();
  await work();
  return { value: (performance.now() - start) / 1000 };
}
