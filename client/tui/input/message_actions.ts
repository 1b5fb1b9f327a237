/** What can be done with a message that is selected. */
import { localTime } from "../../cli/output/printable.ts";
import { draftOf } from "../lines/line_editor.ts";
import type { Message } from "../link/model.ts";
import { type ChatState, textDialog } from "../state/state.ts";
import { refusal, type Step, step } from "../state/step.ts";

/** Does something with the selected message, or the newest that `fits`. */
function withMessage(
  state: ChatState,
  what: string,
  then: (message: Message) => Step,
  fits: (message: Message) => boolean = () => true,
  only = "",
): Step {
  const message = state.selected === null
    ? state.messages.findLast(fits)
    : state.messages.find(({ number }) => number === state.selected);
  if (message && fits(message) && !message.deleted) return then(message);
  if (state.selected !== null) return refusal(state, `You cannot ${what} this message${only}.`);
  return refusal(state, `There is no message to ${what}${only}: select one with the arrow up.`);
}

/** The next text answers the message. */
export function reply(state: ChatState): Step {
  return withMessage(
    state,
    "answer",
    ({ number }) =>
      step({ ...state, purpose: { kind: "reply", number }, selected: null, notice: null }),
    ({ sent }) => state.selected !== null || !sent,
  );
}

/** The input becomes the text of the message. */
export function editMessage(state: ChatState): Step {
  return withMessage(
    state,
    "edit",
    ({ number, text }) =>
      step({
        ...state,
        purpose: { kind: "edit", number },
        draft: draftOf(text),
        selected: null,
        notice: null,
      }),
    ({ sent, file }) => sent && !file,
    ", only texts of yours",
  );
}

/** After a question the message goes; one's own also on the other side. */
export function deleteMessage(state: ChatState, sure: boolean): Step {
  return withMessage(state, "delete", ({ number, sent }) => {
    if (sure) {
      const params = { message: number, ...(sent ? { "for-both": true } : {}) };
      return step({ ...state, selected: null }, { kind: "call", method: "delete", params });
    }
    const title = `Delete this message ${sent ? "for both" : "here"}? y/n`;
    const dialog = { kind: "question", title, line: "/delete yes" } as const;
    return step({ ...state, dialog, selected: number });
  }, ({ sent }) => state.selected !== null || sent);
}

/** The input becomes the command to react with. */
export function beginReaction(state: ChatState): Step {
  return withMessage(state, "react to", () => step({ ...state, draft: draftOf("/react ") }));
}

/** Without an emoji the reaction goes. */
export function react(state: ChatState, emoji: string): Step {
  return withMessage(state, "react to", ({ number }) => {
    const params = { message: number, ...(emoji === "" ? { none: true } : { emoji }) };
    return step({ ...state, selected: null }, { kind: "call", method: "react", params });
  }, ({ sent }) => state.selected !== null || !sent);
}

/** Shows the message alone, so that all of it can be read and copied. */
export function showMessage(state: ChatState): Step {
  return withMessage(state, "show", ({ text, file, at }) => {
    const lines = file ? [file.name, file.path ?? "not saved yet"] : text.split("\n");
    const title = Number.isNaN(at) ? "Message" : localTime(at);
    return step({ ...state, dialog: textDialog(title, lines) });
  });
}
