/** Who wants to hear of events, and hears of them. */
import type { Asker, Method } from "./method.ts";
import type { Schema } from "./schema.ts";

/** What can be subscribed to. */
export interface EventSource {
  /** The kinds that there are. */
  readonly kinds: readonly string[];
  /** What the parameters of a notification are. */
  readonly schema: Schema;
  /** Calls `listener` with the kind and the parameters of each event, until disposed of. */
  on(listener: (kind: string, params: () => Readonly<Record<string, unknown>>) => void): Disposable;
}

/** Returns the methods that begin and end the notifications `event`. */
export function subscriptionMethods(source: EventSource): Method[] {
  const subscriptions = new Map<Asker, Disposable>();
  const end = (peer: Asker) => {
    subscriptions.get(peer)?.[Symbol.dispose]();
    subscriptions.delete(peer);
  };
  const kindsSchema: Schema = { type: "array", items: { type: "string", enum: source.kinds } };
  const result: Schema = {
    type: "object",
    properties: { kinds: kindsSchema },
    required: ["kinds"],
  };
  return [
    {
      name: "subscribe",
      summary: "Be told of events by notifications event, in place of what was subscribed before",
      description: "A front end that does not read its events is disconnected when 16 MiB wait.",
      params: [{ name: "kinds", summary: "Only of these kinds", schema: kindsSchema }],
      result,
      run(params, { peer }) {
        const kinds = (params.kinds ?? source.kinds) as readonly string[];
        end(peer);
        const listening = source.on((kind, params) => {
          if (kinds.includes(kind)) peer.post("event", params());
        });
        subscriptions.set(peer, listening);
        void peer.closed.then(() => {
          if (subscriptions.get(peer) === listening) end(peer);
        });
        return { kinds };
      },
    },
    {
      name: "unsubscribe",
      summary: "Be told of no more events",
      params: [],
      result,
      run(_, { peer }) {
        end(peer);
        return { kinds: [] };
      },
    },
  ];
}
