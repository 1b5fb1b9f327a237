import type { ChatLink, Item } from "./chat_link.ts";
import { objectOf } from "./model.ts";

/** Calls `hear` with each new message of who is not muted, as `receive --json` prints it. */
export async function watchMessages(link: ChatLink, hear: (item: Item) => void): Promise<void> {
  let newest = 0;
  for (const { last } of await conversationsOf(link)) {
    newest = Math.max(newest, Number(objectOf(last).number ?? 0));
  }
  await link.listen(({ kind, item }) => {
    if (kind !== "entry" || item.direction !== "received" || Number(item.number) <= newest) return;
    newest = Number(item.number);
    void tell(item);
  });

  async function tell(item: Item): Promise<void> {
    const { id } = objectOf(item.peer);
    const all = await conversationsOf(link).catch(() => []);
    const muted = all.some(({ peer, muted }) => objectOf(peer).id === id && muted === true);
    if (!muted) hear(receivedOf(item));
  }
}

async function conversationsOf(link: ChatLink): Promise<Item[]> {
  const shown = await link.request("conversations");
  return [...shown, ...await link.request("conversations", { archived: true })];
}

function receivedOf({ message, peer, text, file, at }: Item): Item {
  if (file === undefined) return { message, from: peer, type: "text", text, at };
  return { message, from: peer, type: "file", ...objectOf(file), at };
}
