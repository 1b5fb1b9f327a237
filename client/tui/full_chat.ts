/** The chat on a full screen. Only this loads ink, which takes long. */
import type { Duplex } from "../daemon/duplex.ts";
import { Chat, type ChatOptions } from "./chat.ts";
import type { Item } from "./link/chat_link.ts";
import { inkView } from "./drawing/ink_view.tsx";
import { watchMessages } from "./link/message_watch.ts";
import { pathOffers } from "./input/path_offers.ts";
import { rpcLink } from "./link/rpc_link.ts";

export interface FullChatOptions extends Omit<ChatOptions, "link" | "view" | "filesFrom"> {
  readonly stream: Duplex;
  readonly colours: boolean;
  /** The user's home folder, if it is known. */
  readonly home?: string;
  /** Hears of messages, where the user wants to be told of them. */
  readonly hear?: (item: Item) => void;
  /** Has a listener told what must not be written over the screen. */
  readonly notesTo: (hear: (text: string) => void) => void;
}

/** Runs until the user, the system or the engine ends it. */
export async function runFullChat(options: FullChatOptions): Promise<void> {
  const { stream, tty, colours, home, hear, notesTo } = options;
  const link = rpcLink(stream);
  if (hear) await watchMessages(link, hear);
  const view = inkView(tty, colours);
  const filesFrom = (path: string) => pathOffers(path, home);
  const chat = new Chat({ ...options, link, view, filesFrom });
  notesTo((text) => chat.tell(text));
  await chat.run();
}
