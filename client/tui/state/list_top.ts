/** Which part of the list of conversations is shown. */
import { type ChatState, listed } from "./state.ts";

/** Returns how many conversations are above the part of the list that is shown. */
export function listTop(state: ChatState): number {
  const all = listed(state);
  const room = state.rows - 2;
  const at = state.choosing ?? all.findIndex(({ id }) => id === state.open);
  return Math.max(0, Math.min(at - (room >> 1), all.length - room));
}
