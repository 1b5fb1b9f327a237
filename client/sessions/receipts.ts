import { type Bytes, concatAll, toHex } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { MAX_TARGETS } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { asksForReceipt } from "../../shared/session/content.ts";
import type { Receipt } from "../../shared/session/statement.ts";
import type { OutboxItem } from "../profile/tables/outbox.ts";
import { isStranger } from "../contacts/strangers.ts";
import type { SessionContext } from "./context.ts";
import type { Sender } from "./sender.ts";
import type { Sessions } from "./sessions.ts";

type ReceiptsOptions = Pick<SessionContext, "profile" | "now"> & {
  sessions: Sessions;
  sender: Sender;
};

/** A message that was stored here: its content ID, and whose it is. */
export interface Stored {
  readonly from: Identity;
  readonly id: Bytes;
}

/** Reports whether an item of the outbox is a receipt, which nobody misses. */
export function isReceipt({ type, history }: OutboxItem): boolean {
  return type === MessageType.text && history === null;
}

/**
 * Tells other clients what became of their messages, in one content for many. No session is started
 * for it, and nobody waits for it: it lies in the outbox until something else is sent, or the next
 * turn of a receiver. Strangers and blocked clients get none.
 */
export class Receipts {
  constructor(private readonly options: ReceiptsOptions) {}

  /**
   * Puts into the outbox that these messages of clients are stored here. Call it in
   * {@link Sessions.commit}.
   */
  sendDelivered(stored: readonly Stored[]): void {
    const asked = stored.filter(({ id }) => asksForReceipt(id));
    for (const some of Map.groupBy(asked, ({ from }) => toHex(from.clientId)).values()) {
      this.#put(some[0].from, "delivered", some.map(({ id }) => id));
    }
  }

  /** Puts into the outbox that a person has read these messages of a client. */
  sendRead(to: Identity, ids: readonly Bytes[]): void {
    this.options.sessions.commit(() => this.#put(to, "read", ids.filter(asksForReceipt)));
  }

  #put(to: Identity, state: Receipt["state"], ids: readonly Bytes[]): void {
    const { profile, sessions, sender, now } = this.options;
    const { clientId } = to;
    if (isStranger(profile, clientId) || !profile.contacts.getsReceipts(clientId)) return;
    if (!profile.sessions.has(clientId)) return;
    for (let at = 0; at < ids.length; at += MAX_TARGETS) {
      const receipt = { state, ids: concatAll(ids.slice(at, at + MAX_TARGETS)) };
      const content = { id: sender.newContentId(), at: now(), receipt };
      const sealed = sessions.seal(to, MessageType.text, content);
      sender.put(clientId, MessageType.text, sealed, null);
    }
  }
}
