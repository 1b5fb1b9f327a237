import { duplexPair } from "../../../../client/daemon/duplex.ts";
import type { Method } from "../../../../client/daemon/method.ts";
import { RpcPeer } from "../../../../client/daemon/rpc_peer.ts";
import { rpcLink } from "../../../../client/tui/link/rpc_link.ts";
import { assertEquals } from "../../../support/assert.ts";
import { until } from "../../../support/until.ts";

Deno.test("rpc link: many requests at once all reach a slow engine, in their order", async () => {
  const texts: unknown[] = [];
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
  const send: Method = {
    name: "send",
    summary: "Send a text",
    params: [{ name: "text", summary: "", required: true, schema: { type: "string" } }],
    result: {},
    async run({ text }) {
      texts.push(text);
      await goesOn;
      return { items: [{ text }] };
    },
  };
  const [here, there] = duplexPair();
  const engine = new RpcPeer(there, [send]);
  const link = rpcLink(here);
  const typed = Array.from({ length: 300 }, (_, at) => `line ${at}`);
  const answers = Promise.all(typed.map((text) => link.request("send", { text })));
  await until("the engine is busy", () => texts.length > 0);
  goOn();
  assertEquals((await answers).flat(), typed.map((text) => ({ text })));
  assertEquals(texts, typed);
  await engine.close();
  await link.closed;
});
