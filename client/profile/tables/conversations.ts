import type { Bytes } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** What the owner has set for a conversation. What is unread is in the history. */
export type Settings = {
  /** When it is not muted any more, in milliseconds since 1970; 0: it is not. */
  readonly mutedUntil: number;
  /** The number of its last entry when it was archived, 0 for none; null if it is not. */
  readonly archivedAt: number | null;
  /** What was begun to be written to the client. */
  readonly draft: string | null;
};

type Row = Settings & { readonly peer: Bytes };

const NOTHING: Settings = { mutedUntil: 0, archivedAt: null, draft: null };

/** Mutes until it is undone. */
export const FOREVER = Number.MAX_SAFE_INTEGER;

export const CONVERSATIONS: SealedTable<Row> = {
  name: "conversations",
  schema: `
    CREATE TABLE conversations (
      peer   BLOB PRIMARY KEY, -- tag
      sealed BLOB NOT NULL
    ) STRICT;
  `,
  key: "peer",
  tags: { peer: ["conversations", ({ peer }) => [peer]] },
};

/** The settings of the conversation with each client. */
export class ConversationSettings extends SealedStore<Row> {
  protected readonly table = CONVERSATIONS;

  get(peer: Bytes): Settings {
    const { peer: _, ...settings } = this.findRow(this.tag("peer", peer)) ?? { ...NOTHING, peer };
    return settings;
  }

  change(peer: Bytes, changes: Partial<Settings>): void {
    this.transaction(() => this.putRow({}, { ...this.get(peer), ...changes, peer }));
    this.onChange({ kind: "conversation", peer });
  }

  /** Forgets what was to be written to `peer`, and that the conversation is archived. */
  forget(peer: Bytes): void {
    const { mutedUntil } = this.get(peer);
    if (mutedUntil > 0) this.change(peer, { ...NOTHING, mutedUntil });
    else this.run("DELETE FROM conversations WHERE peer = ?", this.tag("peer", peer));
  }

  /** Returns the clients to whom something was begun to be written. */
  withDraft(): Bytes[] {
    return this.rows("").filter(({ draft }) => draft !== null).map(({ peer }) => peer);
  }
}
