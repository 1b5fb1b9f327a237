import { duplexPair } from "../../../client/daemon/duplex.ts";
import { RpcPeer } from "../../../client/daemon/rpc_peer.ts";
import { type EventSource, subscriptionMethods } from "../../../client/daemon/subscriptions.ts";
import { assertEquals } from "../../support/assert.ts";
import { until } from "../../support/until.ts";

/** Events that a test brings about. */
class Source implements EventSource {
  readonly kinds = ["entry", "transfer"];
  readonly schema = {};
  readonly listeners = new Set<Parameters<EventSource["on"]>[0]>();

  on(listener: Parameters<EventSource["on"]>[0]): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => void this.listeners.delete(listener) };
  }

  emit(kind: string, number: number): void {
    for (const listener of this.listeners) listener(kind, () => ({ kind, number }));
  }
}

/** A front end, and what it has heard. */
function frontEnd(methods: ReturnType<typeof subscriptionMethods>) {
  const [here, there] = duplexPair();
  const heard: unknown[] = [];
  const peer = new RpcPeer(here, [], { onNotification: (...all) => heard.push(all) });
  return { peer, heard, engineSide: new RpcPeer(there, methods) };
}

Deno.test("subscriptions: a front end hears of the kinds that it wants alone", async () => {
  const source = new Source();
  const methods = subscriptionMethods(source);
  const [all, some] = [frontEnd(methods), frontEnd(methods)];
  source.emit("entry", 0);
  assertEquals(await all.peer.request("subscribe"), { kinds: ["entry", "transfer"] });
  await some.peer.request("subscribe");
  await some.peer.request("subscribe", { kinds: ["transfer"] });
  assertEquals(source.listeners.size, 2, "the second subscription replaces the first");
  source.emit("entry", 1);
  source.emit("transfer", 2);
  const transfer = ["event", { kind: "transfer", number: 2 }];
  assertEquals(await all.peer.request("unsubscribe"), { kinds: [] });
  source.emit("entry", 3);
  await some.peer.request("unsubscribe");
  assertEquals(all.heard, [["event", { kind: "entry", number: 1 }], transfer]);
  assertEquals(some.heard, [transfer]);
  await Promise.all([all.peer.close(), some.peer.close()]);
});

Deno.test("subscriptions: a front end that is gone is not told", async () => {
  const source = new Source();
  const { peer } = frontEnd(subscriptionMethods(source));
  await peer.request("subscribe");
  await peer.close();
  await until("its subscription has ended", () => source.listeners.size === 0);
});
