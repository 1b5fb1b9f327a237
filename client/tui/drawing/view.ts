import type { ChatState } from "../state/state.ts";

/** What draws states on a terminal. */
export interface View {
  draw(state: ChatState): void;
  /** Forgets what is on the terminal; the next state is drawn as a whole. */
  reset(): void;
  close(): void;
}
