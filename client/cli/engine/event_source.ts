/** The events of a client as front ends are told of them: with all that JSON says of the thing. */
import { toHex } from "../../../shared/bytes.ts";
import type { EventSource } from "../../daemon/subscriptions.ts";
import type { ClientEvent } from "../../events.ts";
import type { OpenedClient } from "../../open_client.ts";
import { jsonOf } from "../output/output.ts";
import { EVENTS } from "../output/schemas.ts";
import { historyResult, transferResult } from "../results.ts";

/** Returns the events of `opened`. Whoever subscribes hears of the connection at once. */
export function eventSource(opened: OpenedClient): EventSource {
  const { events } = opened.client;
  let connection: ClientEvent | undefined;
  events.on((event) => {
    if (event.kind === "connection") connection = event;
  });
  return {
    ...EVENT_KINDS,
    on(listener) {
      const tell = (event: ClientEvent) => listener(event.kind, () => paramsOf(event, opened));
      if (connection) tell(connection);
      return events.on(tell);
    },
  };
}

/** What is known of events without a client. */
export const EVENT_KINDS = { kinds: Object.keys(EVENTS), schema: { anyOf: Object.values(EVENTS) } };

function paramsOf(event: ClientEvent, opened: OpenedClient): Readonly<Record<string, unknown>> {
  const { client, profile } = opened;
  const { contactBook } = client;
  const { kind } = event;
  switch (kind) {
    case "entry": {
      const { number } = event;
      const entry = profile.history.entry(number);
      if (!entry) return { kind, number, entry: null };
      const waits = entry.state === "pending";
      const waiting = waits ? client.waiting().find(({ entry }) => entry === number) : undefined;
      const peer = contactBook.withId(entry.peer);
      return { kind, number, entry: jsonOf(historyResult(client, entry, { peer, waiting })) };
    }
    case "transfer": {
      const { number } = event;
      const transfer = client.transfer(number);
      if (!transfer) return { kind, number, transfer: null };
      return { kind, number, transfer: jsonOf(transferResult(client, kind, transfer)) };
    }
    case "contact":
      return { kind, contact: jsonOf({ kind: "client", client: contactBook.withId(event.id) }) };
    case "conversation": {
      const conversation = client.conversations.withId(event.peer);
      const { id, name } = conversation.peer;
      const now = jsonOf({ kind, conversation });
      return { kind, peer: { id: toHex(id), name }, conversation: now };
    }
    case "connection":
      return { ...event };
  }
}
