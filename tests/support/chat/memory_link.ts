/** An engine for the chat that keeps all in memory, and notes what it is asked for. */
import type { ChatEvent, ChatLink, Item, Params } from "../../../client/tui/link/chat_link.ts";
import { ClientError } from "../../../client/errors.ts";
import { checkRequest } from "./check_request.ts";

type Listener = (event: ChatEvent) => void;

export interface MemoryPeer {
  id: string;
  name: string;
  verified: boolean;
  unread: number;
  firstUnread: number | null;
  draft: string;
  messages: Item[];
}

/** 2026-11-26, 10:00 UTC. */
const START = Date.UTC(2026, 10, 26, 10);

export class MemoryLink implements ChatLink {
  readonly asked: { method: string; params: Params }[] = [];
  readonly peers: MemoryPeer[] = [];
  /** The method that fails. */
  refuses: string | null = null;
  /** Whether texts are kept, as the server cannot be reached. */
  offline = false;
  /** What texts wait for before the engine takes them. */
  held: Promise<void> | null = null;
  readonly #listeners: Listener[] = [];
  /** Clients whom only the server knows. */
  readonly others: Item[] = [];
  /** Who the profile is of. */
  readonly owner: Item = { id: "0".repeat(32), name: "owner" };
  /** Files that wait. */
  files: Item[] = [];
  #number = 0;

  /** Adds a client. */
  peer(name: string): MemoryPeer {
    const id = String(this.peers.length + 1).padStart(32, "0");
    const peer = {
      id,
      name,
      verified: false,
      unread: 0,
      firstUnread: null,
      draft: "",
      messages: [],
    };
    this.peers.push(peer);
    return peer;
  }

  /** Adds a message without telling of it. */
  put({ id, name, messages }: MemoryPeer, text: string, sent = false): Item {
    const number = ++this.#number;
    const direction = sent ? "sent" : "received";
    const at = new Date(START + number * 60_000).toISOString();
    const item = { number, peer: { id, name }, direction, at, state: direction, text };
    messages.push(item);
    return item;
  }

  /** A message arrives. */
  receive(peer: MemoryPeer, text: string): void {
    peer.unread++;
    const item = this.put(peer, text);
    peer.firstUnread ??= Number(item.number);
    this.tell({ kind: "entry", item });
  }

  tell(event: ChatEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  listen(heard: Listener): Promise<void> {
    this.#listeners.push(heard);
    return Promise.resolve();
  }

  async request(method: string, params: Params = {}): Promise<Item[]> {
    await Promise.resolve();
    this.asked.push({ method, params });
    checkRequest(method, params);
    if (method === this.refuses) throw new Error(`${method} is refused`);
    const isMeant = ({ id, name }: Item) => {
      const peer = params.peer ?? params.in;
      return peer === `#${id}` || method === "key" && peer === name;
    };
    const other = this.others.find(isMeant);
    if (method === "key" && other) return [other];
    if (method === "history" && (other || isMeant(this.owner))) return [];
    if (method === "send" && other) {
      this.others.splice(this.others.indexOf(other), 1);
      this.peer(String(other.name)).id = String(other.id);
    }
    const peer = this.peers.find((peer) => isMeant({ ...peer }));
    if (params.archived || method === "list") return [];
    if (method === "conversations") return this.peers.map(({ messages: _, ...rest }) => rest);
    if (method === "whoami") return [this.owner];
    if (["edit", "delete", "react"].includes(method)) return [];
    if (method === "files") return this.files;
    if (method === "fetch") return [];
    if (!peer) throw new Error(`no contact is named "${params.peer}"`);
    switch (method) {
      case "history": {
        const { last, before = Infinity } = params;
        const found = peer.messages.filter(({ number }) => Number(number) < Number(before));
        return last === undefined ? found : found.slice(-Number(last));
      }
      case "search": {
        const words = params.words as string[];
        return peer.messages.filter(({ text }) =>
          words.every((word) => String(text).includes(word))
        ).toReversed();
      }
      case "send":
        await this.held;
        this.tell({ kind: "entry", item: this.put(peer, String(params.text), true) });
        if (this.offline) throw new ClientError("queued", "cannot reach the server");
        return [];
      case "mark-read":
        peer.unread = 0;
        peer.firstUnread = null;
        return [];
      case "draft":
        peer.draft = String(params.text);
        return [];
    }
    return [];
  }
}
