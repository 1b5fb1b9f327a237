/** What follows from a key or a command: another state, and what the engine or others must do. */
import type { Params } from "../link/chat_link.ts";
import { peerOf } from "../link/model.ts";
import { type ChatState, conversationIn, withNotice } from "./state.ts";

export type Task =
  /** Shows a conversation, by its ID. */
  | { readonly kind: "open"; readonly id: string }
  /** Asks for a client whom nobody here has written to, and shows the empty conversation. */
  | { readonly kind: "look-up"; readonly name: string }
  /** Reads the messages before the first one, or around one. */
  | { readonly kind: "earlier" }
  | { readonly kind: "around"; readonly number: number; readonly id: string }
  | { readonly kind: "newest" }
  /** Asks for a method; `done` is what the status line says then. */
  | {
    readonly kind: "call";
    readonly method: string;
    readonly params: Params;
    readonly done?: string;
    /** The text that comes back into the input if it fails. */
    readonly text?: string;
  }
  /** Asks for a method, and shows its results in a dialog. */
  | {
    readonly kind: "show";
    readonly title: string;
    readonly method: string;
    readonly params: Params;
  }
  | { readonly kind: "search"; readonly text: string }
  /** Fetches the file of a message. */
  | { readonly kind: "fetch"; readonly number: number }
  | { readonly kind: "verify"; readonly id: string }
  /** Offers the files that begin with a path. */
  | { readonly kind: "files"; readonly path: string }
  | { readonly kind: "mouse"; readonly on: boolean }
  | { readonly kind: "redraw" }
  | { readonly kind: "quit" };

export interface Step {
  readonly state: ChatState;
  readonly tasks: readonly Task[];
}

export const step = (state: ChatState, ...tasks: Task[]): Step => ({ state, tasks });

/** A step that only says what is wrong. */
export const refusal = (state: ChatState, text: string) => step(withNotice(state, text, true));

/** Does something with the open conversation, given its ID; says so if none is open. */
export function withPeer(state: ChatState, then: (id: string) => Step): Step {
  const conversation = conversationIn(state);
  if (!conversation) return refusal(state, "Open a conversation first: Alt-Down, or /open NAME");
  return then(conversation.id);
}

/** Asks for a method about the open conversation. */
export function callWithPeer(
  state: ChatState,
  method: string,
  params: Params = {},
  done?: string,
): Step {
  return withPeer(
    state,
    (id) => step(state, { kind: "call", method, params: { peer: peerOf(id), ...params }, done }),
  );
}
