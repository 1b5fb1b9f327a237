/** The commands that begin with "/", in the order in which help shows them. */
import { didYouMean } from "../../../shared/args.ts";
import type { Params } from "../link/chat_link.ts";
import { helpLines } from "../lines/help_lines.ts";
import { deleteMessage, editMessage, react, reply, showMessage } from "./message_actions.ts";
import { type ChatState, listed, textDialog } from "../state/state.ts";
import { conversationNamed, peerOf } from "../link/model.ts";
import { callWithPeer, refusal, type Step, step, withPeer } from "../state/step.ts";

export interface SlashCommand {
  readonly name: string;
  /** What stands behind the name. */
  readonly usage?: string;
  readonly help: string;
  readonly completes?: "conversation" | "file" | "word";
  readonly words?: readonly string[];
  run(state: ChatState, rest: string): Step;
}

export const SLASH_COMMANDS: readonly SlashCommand[] = [
  { name: "help", help: "Show keys and commands", run: (state) => showHelp(state) },
  {
    name: "open",
    usage: "NAME",
    help: "Open a conversation; also with a client whom you know by name only",
    completes: "conversation",
    run: openByName,
  },
  {
    name: "unread",
    help: "Go to the next conversation with unread messages",
    run: (state) => openUnread(state),
  },
  {
    name: "new",
    help: "Go to the first message that was new when you opened the conversation",
    run: (state) => goToNew(state),
  },
  { name: "reply", help: "Answer the selected message, or the newest", run: reply },
  { name: "edit", help: "Change the selected message, or your newest", run: editMessage },
  {
    name: "delete",
    help: "Delete the selected message, or your newest, for both",
    run: (state, rest) => deleteMessage(state, rest === "yes"),
  },
  {
    name: "react",
    usage: "[EMOJI]",
    help: "React to the selected message, or the newest; without EMOJI no more",
    completes: "word",
    words: ["👍", "❤️", "😂", "😮", "😢", "🎉"],
    run: react,
  },
  { name: "show", help: "Show the selected message alone", run: showMessage },
  {
    name: "file",
    usage: "PATH",
    help: "Send a file",
    completes: "file",
    run: (state, path) =>
      path === ""
        ? refusal(state, "Which file? /file PATH; Tab completes it")
        : callWithPeer(state, "send-file", { paths: [path] }, `${path} is on the server.`),
  },
  {
    name: "save",
    usage: "ID [FOLDER]",
    help: "Fetch a file; /files shows the IDs",
    run: save,
  },
  {
    name: "files",
    help: "Show the files that wait, and those on their way",
    run: (state) => show(state, "Files on their way", "transfers"),
  },
  {
    name: "search",
    usage: "TEXT",
    help: "Find messages of this conversation",
    run: (state, text) =>
      text === ""
        ? refusal(state, "Search for what? /search TEXT")
        : withPeer(state, () => step(state, { kind: "search", text })),
  },
  {
    name: "verify",
    usage: "[yes]",
    help: "Compare the safety number; yes: it is the same on the other side",
    completes: "word",
    words: ["yes"],
    run: (state, rest) =>
      rest === "yes"
        ? callWithPeer(state, "verify", { yes: true }, "Verified.")
        : withPeer(state, (id) => step(state, { kind: "verify", id })),
  },
  {
    name: "alias",
    usage: "NAME",
    help: "Call the client so here",
    run: (state, alias) => callWithPeer(state, "alias", { alias }),
  },
  {
    name: "mute",
    usage: "[8h|off]",
    help: "Have no notifications of the conversation",
    completes: "word",
    words: ["1h", "8h", "1w", "off"],
    run: (state, duration) => callWithPeer(state, "mute", duration === "" ? {} : { duration }),
  },
  {
    name: "archive",
    usage: "[off]",
    help: "Put the conversation away until something new comes",
    completes: "word",
    words: ["off"],
    run: (state, off) => callWithPeer(state, "archive", off === "off" ? { off } : {}),
  },
  {
    name: "timer",
    usage: "[1d|off]",
    help: "Have messages disappear on both sides",
    completes: "word",
    words: ["1h", "1d", "1w", "off"],
    run: (state, duration) =>
      duration === ""
        ? withPeer(state, (id) => show(state, "Timer", "timer", { peer: peerOf(id) }))
        : callWithPeer(state, "timer", { duration }),
  },
  {
    name: "receipts",
    usage: "on|off",
    help: "Whether the client is told that its messages were read",
    completes: "word",
    words: ["on", "off"],
    run: (state, word) => callWithPeer(state, "receipts", { state: word }),
  },
  { name: "block", help: "Take nothing more from the client", run: peerCall("block", "Blocked.") },
  {
    name: "unblock",
    help: "Take messages again",
    run: peerCall("unblock", "Not blocked any more."),
  },
  {
    name: "card",
    help: "Show your own card, for others to add",
    run: (state) => show(state, "Your card", "card"),
  },
  {
    name: "add",
    usage: "CARD",
    help: "Add a contact by the card that you got",
    run: (state, card) => step(state, { kind: "call", method: "add", params: { card } }),
  },
  {
    name: "mouse",
    usage: "on|off",
    help: "Whether the mouse is used",
    completes: "word",
    words: ["on", "off"],
    run: setMouse,
  },
  {
    name: "redraw",
    help: "Draw the screen again",
    run: (state) => step(state, { kind: "redraw" }),
  },
  { name: "quit", help: "End the chat", run: (state) => step(state, { kind: "quit" }) },
];

/** Runs a line that begins with "/". */
export function runLine(state: ChatState, line: string): Step {
  const [, name, rest] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? ["", "", ""];
  const command = SLASH_COMMANDS.find((command) => command.name === name);
  if (command) return command.run({ ...state, notice: null }, rest.trim());
  const hint = didYouMean(name, SLASH_COMMANDS.map(({ name }) => name));
  return refusal(state, `There is no command /${name}${hint}. Two slashes send a text with one.`);
}

export function showHelp(state: ChatState): Step {
  return step({
    ...state,
    dialog: textDialog("Keys and commands", helpLines(SLASH_COMMANDS, state.columns)),
  });
}

function openByName(state: ChatState, name: string): Step {
  const found = conversationNamed(state.conversations, name);
  if (found) return step(state, { kind: "open", id: found.id });
  if (name === "") return refusal(state, "Which conversation? /open NAME");
  return step(state, { kind: "look-up", name });
}

/** Goes to the conversation behind the open one, in their order, that has unread messages. */
export function openUnread(state: ChatState): Step {
  const all = listed(state);
  const at = all.findIndex(({ id }) => id === state.open);
  const next = [...all.slice(at + 1), ...all.slice(0, at + 1)]
    .find(({ unread, muted, id }) => unread > 0 && !muted && id !== state.open);
  return next ? step(state, { kind: "open", id: next.id }) : refusal(state, "Nothing is unread.");
}

/** Goes to the first message that was new when the conversation was opened. */
export function goToNew(state: ChatState): Step {
  const { open, firstNew } = state;
  if (open === null || firstNew === null) return refusal(state, "Nothing was new here.");
  return step(state, { kind: "around", number: firstNew, id: open });
}

/** Opens the conversation so many places further down. */
export function openBeside(state: ChatState, places: number): Step {
  const all = listed(state);
  if (all.length === 0) return refusal(state, "There is no conversation yet: /add CARD");
  const at = all.findIndex(({ id }) => id === state.open);
  const next = at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + places));
  return next === at ? step(state) : step(state, { kind: "open", id: all[next].id });
}

function show(state: ChatState, title: string, method: string, params: Params = {}): Step {
  return step(state, { kind: "show", title, method, params });
}

function peerCall(method: string, done: string) {
  return (state: ChatState) => callWithPeer(state, method, {}, done);
}

function save(state: ChatState, rest: string): Step {
  const [, id, out] = /^(\d*)\s*(.*)$/s.exec(rest) ?? [];
  if (!id) return refusal(state, "Which file? /files shows the IDs: /save ID");
  const params = { number: Number(id), out: out || "." };
  return step(state, { kind: "call", method: "fetch", params, done: "Saved." });
}

function setMouse(state: ChatState, rest: string): Step {
  const on = rest === "" ? !state.mouse : rest === "on";
  return step({ ...state, mouse: on }, { kind: "mouse", on });
}

/** Returns what could stand in place of the line; `null` if files have to be looked up. */
export function offersFor(state: ChatState, line: string): readonly string[] | null {
  const [, name, blank, rest] = /^\/(\S*)(\s*)(.*)$/s.exec(line) ?? [];
  if (name === undefined) return [];
  if (blank === "") {
    return SLASH_COMMANDS.filter((command) => command.name.startsWith(name))
      .map(({ name, usage }) => `/${name}${usage ? " " : ""}`);
  }
  const command = SLASH_COMMANDS.find((command) => command.name === name);
  if (command?.completes === "file") return null;
  const words = command?.completes === "conversation"
    ? state.conversations.map(({ name }) => name)
    : command?.words ?? [];
  return words.filter((word) => word.startsWith(rest)).map((word) => `/${name} ${word}`);
}
