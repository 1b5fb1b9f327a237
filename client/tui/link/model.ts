/** Conversations and messages as the chat keeps them, read from what the engine says. */
import type { Item } from "./chat_link.ts";

export interface Message {
  /** Its number in the history. */
  readonly number: number;
  /** The other client's ID, in hex. */
  readonly peer: string;
  readonly sent: boolean;
  /** Milliseconds since 1970; NaN if its time is not known. */
  readonly at: number;
  readonly state: string;
  /** What was written, or what stands for it. */
  readonly text: string;
  readonly file:
    | { readonly name: string; readonly size: number; readonly path: string | null }
    | null;
  /** What it answers, as far as that is known. */
  readonly reply: { readonly number: number | null; readonly text: string | null } | null;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly delivered: boolean;
  readonly read: boolean;
  readonly own: string | null;
  readonly reaction: string | null;
}

export interface Conversation {
  /** The other client's ID, in hex. */
  readonly id: string;
  /** The name by which it is opened, and which is shown unless it is {@link own}. */
  readonly name: string;
  /** Whether it is with oneself: notes, which nobody else sees. */
  readonly own: boolean;
  readonly verified: boolean;
  readonly blocked: boolean;
  readonly muted: boolean;
  readonly archived: boolean;
  readonly unread: number;
  /** The number of the first message that is not read. */
  readonly firstUnread: number | null;
  readonly draft: string;
}

/** Returns an entry of the history. */
export function messageOf(item: Item): Message {
  const peer = objectOf(item.peer);
  const file = item.file === undefined ? null : objectOf(item.file);
  const reply = item.reply === undefined || item.reply === null ? null : objectOf(item.reply);
  const reactions = objectOf(item.reactions);
  return {
    number: Number(item.number),
    peer: String(peer.id ?? ""),
    sent: item.direction === "sent",
    at: typeof item.at === "string" ? Date.parse(item.at) : NaN,
    state: String(item.state ?? ""),
    text: textOf(item),
    file: file && {
      name: String(file.name ?? ""),
      size: Number(file.size ?? 0),
      path: typeof file.path === "string" ? file.path : null,
    },
    reply: reply && {
      number: typeof reply.number === "number" ? reply.number : null,
      text: typeof reply.text === "string" ? reply.text : null,
    },
    edited: isSet(item.edited),
    deleted: isSet(item.deleted),
    delivered: isSet(item.delivered),
    read: isSet(item.read),
    own: stringOf(reactions.own),
    reaction: stringOf(reactions.peer),
  };
}

function textOf(item: Item): string {
  if (typeof item.text === "string") return item.text;
  if (typeof item.newTimer === "number") return timerText(item.newTimer);
  return typeof item.unknown === "string" ? "A message of a newer version." : "";
}

function timerText(seconds: number): string {
  if (seconds === 0) return "Messages stay from now on.";
  return `Messages disappear after ${seconds} s from now on.`;
}

/**
 * Returns how methods are told of the client with this ID. By name another one could be meant: one
 * that has the name of a contact, or had it before.
 */
export function peerOf(id: string): string {
  return `#${id}`;
}

/** What the owner of a profile is called there, and nobody else. */
export const OWN_NAME = "me";

/** Returns the conversation that is opened by a name. */
export function conversationNamed(
  conversations: readonly Conversation[],
  name: string,
): Conversation | undefined {
  return conversations.find((one) => one.name === name && one.own === (name === OWN_NAME));
}

/** Returns a line of the list of conversations. */
export function conversationOf(item: Item): Conversation {
  const peer = item.peer === undefined ? item : objectOf(item.peer);
  const of = (name: string) => item[name] ?? peer[name];
  const own = of("own") === true;
  const name = stringOf(of("alias")) ?? otherName(String(of("name") ?? ""), of("namesake"));
  return {
    id: String(of("id") ?? ""),
    name: own ? OWN_NAME : name,
    own,
    verified: of("verified") === true,
    blocked: of("blocked") === true,
    muted: isSet(of("muted")),
    archived: of("archived") === true,
    unread: Number(of("unread") ?? 0),
    firstUnread: typeof item.firstUnread === "number" ? item.firstUnread : null,
    draft: stringOf(of("draft")) ?? "",
  };
}

/** Who is called as a contact is called here must not stand in its place. */
function otherName(name: string, namesake: unknown): string {
  return namesake === true ? `${name} (not the contact whom you call so)` : name;
}

export function objectOf(value: unknown): Item {
  return typeof value === "object" && value !== null ? value as Item : {};
}

const stringOf = (value: unknown) => typeof value === "string" ? value : null;
/** Times stand for what happened then. */
const isSet = (value: unknown) => value !== undefined && value !== null && value !== false;
