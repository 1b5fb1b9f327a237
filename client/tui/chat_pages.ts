/** What the chat reads of the engine: the list of conversations, and pages of their messages. */
import type { ChatLink, Params } from "./link/chat_link.ts";
import type { ChatScreen } from "./chat_screen.ts";
import {
  type Conversation,
  conversationOf,
  type Message,
  messageOf,
  OWN_NAME,
  peerOf,
} from "./link/model.ts";
import { conversationIn, opened, selecting, withEarlier } from "./state/state.ts";

/** Messages of one request. */
const PAGE = 100;

export class ChatPages {
  /** Clients that were asked for by their names. */
  readonly #lookedUp: Conversation[] = [];

  constructor(private readonly link: ChatLink, private readonly screen: ChatScreen) {}

  /** Reads the list of conversations; behind them come contacts without one. */
  async list(): Promise<void> {
    const { link } = this;
    const items = await Promise.all([
      link.request("conversations"),
      link.request("conversations", { archived: true }),
      link.request("list", { contacts: true }),
    ]);
    const all = new Map<string, Conversation>();
    for (const conversation of [...items.flat().map(conversationOf), ...this.#lookedUp]) {
      if (!all.has(conversation.id)) all.set(conversation.id, conversation);
    }
    this.screen.change({ conversations: [...all.values()] });
  }

  /** Opens the conversation with a client whom nobody here has written to. */
  async lookUp(name: string): Promise<void> {
    const [own] = await this.link.request("whoami");
    const [item] = name === OWN_NAME ? [own] : await this.link.request("key", { peer: name });
    this.#lookedUp.push(conversationOf({ ...item, own: item.id === own.id }));
    await this.list();
    await this.open(String(item.id));
  }

  /** Opens a conversation where it ends. */
  async open(id: string): Promise<void> {
    await this.keepDraft();
    const messages = await this.#history({ peer: peerOf(id), last: PAGE });
    const first = messages.length < PAGE;
    this.screen.show(opened(this.screen.state, id, { messages, first, last: true }));
  }

  /** Opens a conversation where a message is. */
  async openAround(id: string, number: number): Promise<void> {
    const { open, messages } = this.screen.state;
    if (open !== id || !messages.some((message) => message.number === number)) {
      const peer = peerOf(id);
      const messages = await this.#history({ peer, last: PAGE, before: number + PAGE / 2 });
      const newest = await this.#history({ peer, last: 1 });
      const last = newest[0]?.number === messages.at(-1)?.number;
      const first = messages.length < PAGE;
      this.screen.show(opened(this.screen.state, id, { messages, first, last }));
    }
    this.screen.show(selecting(this.screen.state, number));
  }

  /** Reads the messages before those that are here. */
  async readEarlier(): Promise<void> {
    const { open, messages: [oldest] } = this.screen.state;
    if (open === null || !oldest) return;
    const params = { peer: peerOf(open), last: PAGE, before: oldest.number };
    const earlier = await this.#history(params);
    this.screen.show(withEarlier(this.screen.state, open, earlier, earlier.length < PAGE));
  }

  /** Looks for words in the open conversation. */
  async search(text: string): Promise<void> {
    const { open } = this.screen.state;
    if (open === null) return;
    const params = { words: text.split(/\s+/), in: peerOf(open) };
    this.screen.tell(`Searching for "${text}" …`);
    const found = (await this.link.request("search", params)).map(messageOf);
    this.screen.tell("");
    if (found.length === 0) return this.screen.fail(`nothing has "${text}"`);
    const title = `${found.length} with "${text}"`;
    this.screen.change({ dialog: { kind: "found", title, found, at: 0 } });
  }

  /** Keeps what is written but not sent, if it has changed. */
  async keepDraft(): Promise<void> {
    const { draft: { text }, purpose } = this.screen.state;
    const conversation = conversationIn(this.screen.state);
    if (!conversation || purpose.kind === "edit" || text.startsWith("/")) return;
    if (conversation.draft === text) return;
    await this.link.request("draft", { peer: peerOf(conversation.id), text })
      .catch(() => {}); // it is no reason to stay
    this.#change(conversation.id, { draft: text });
  }

  /** Tells the engine that what is in the window was read; it stands at the end. */
  async markRead(): Promise<void> {
    const conversation = conversationIn(this.screen.state);
    if (!conversation || conversation.unread === 0) return;
    await this.link.request("mark-read", { peer: peerOf(conversation.id) });
    this.#change(conversation.id, { unread: 0, firstUnread: null });
  }

  #change(id: string, changes: Partial<Conversation>): void {
    const conversations = this.screen.state.conversations
      .map((one) => one.id === id ? { ...one, ...changes } : one);
    this.screen.change({ conversations });
  }

  async #history(params: Params): Promise<Message[]> {
    const items = await this.link.request("history", params);
    return items.map(messageOf);
  }
}
