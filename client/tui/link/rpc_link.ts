import type { Duplex } from "../../daemon/duplex.ts";
import { isObject } from "../../daemon/rpc_message.ts";
import { MAX_CALLS, RpcPeer } from "../../daemon/rpc_peer.ts";
import type { ChatEvent, ChatLink, Item } from "./chat_link.ts";

/** Where an event says what it is about; of others the event itself says it. */
const SUBJECTS = ["entry", "transfer", "contact", "peer"];

/** The most requests that are open at a time: an engine refuses more than it works on. */
const MOST_OPEN = MAX_CALLS / 2;

/** Returns the engine behind `stream`. */
export function rpcLink(stream: Duplex): ChatLink & { readonly closed: Promise<void> } {
  let open = 0;
  const waiting: (() => void)[] = [];
  const listeners: ((event: ChatEvent) => void)[] = [];
  const peer = new RpcPeer(stream, [], {
    onNotification(method, params) {
      if (method !== "event") return;
      const event = eventOf(params);
      for (const hear of listeners) hear(event);
    },
  });
  return {
    closed: peer.closed,
    async request(method, params) {
      if (open < MOST_OPEN) open++;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        const result = await peer.request(method, params) as Result;
        const [problem] = result.problems ?? [];
        if (problem && result.items.length === 0) throw new Error(problem.message);
        return result.items;
      } finally {
        const next = waiting.shift();
        if (next) next();
        else open--;
      }
    },
    async listen(heard) {
      listeners.push(heard);
      await peer.request("subscribe");
    },
  };
}

interface Result {
  readonly items: Item[];
  readonly problems?: readonly { readonly message: string }[];
}

function eventOf(params: Item): ChatEvent {
  const kind = params.kind as ChatEvent["kind"];
  const subject = SUBJECTS.map((name) => params[name]).find(isObject);
  return { kind, item: subject ?? params };
}
