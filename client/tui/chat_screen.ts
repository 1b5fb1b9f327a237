/** The state of the chat, and its frames on the terminal. */
import { draftOf } from "./lines/line_editor.ts";
import { type ChatState, unreadIn, withNotice } from "./state/state.ts";
import type { Tty } from "./terminal/tty.ts";
import type { View } from "./drawing/view.ts";

/** Between two frames at least, in milliseconds: 20 a second. */
const FRAME = 50;

export interface ChatScreenOptions {
  readonly tty: Tty;
  readonly view: View;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Called after each frame. */
  readonly drawn: () => void;
}

export class ChatScreen {
  #state: ChatState;
  /** Whether a frame was drawn just now, and whether another one is due. */
  #resting = false;
  #due = false;
  #over = false;
  #title = "";

  constructor(private readonly options: ChatScreenOptions, state: ChatState) {
    this.#state = state;
  }

  get state(): ChatState {
    return this.#state;
  }

  /** From now on this is the state. */
  show(state: ChatState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.draw();
  }

  /** As {@link show}, with some of it. */
  change(changes: Partial<ChatState>): void {
    this.show({ ...this.#state, ...changes });
  }

  tell(text: string): void {
    this.show(withNotice(this.#state, text));
  }

  /** Says what is wrong. */
  fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.show(withNotice(this.#state, text, true));
  }

  /** Puts a text that was not sent into the input again, if that is empty. */
  giveBack(text: string): void {
    if (this.#state.draft.text === "") this.change({ draft: draftOf(text) });
  }

  /** Takes the size that the terminal has now. */
  resize(): void {
    const { columns, rows } = this.options.tty.size();
    this.options.view.reset();
    this.change({ columns, rows });
  }

  /** Draws all of it anew. */
  redraw(): void {
    this.options.view.reset();
    this.draw();
  }

  /** Draws at once, or as soon as the last frame is old enough. */
  draw(): void {
    this.#due = true;
    if (!this.#resting) void this.#frame();
  }

  /** Draws nothing more. */
  end(): void {
    this.#over = true;
  }

  /** The title of the window says how many messages are unread, for whoever looks elsewhere. */
  #nameWindow(): void {
    const unread = unreadIn(this.#state);
    const title = unread > 0 ? `(${unread}) messaging` : "messaging";
    if (title !== this.#title) this.options.tty.setTitle(title);
    this.#title = title;
  }

  async #frame(): Promise<void> {
    this.#resting = true;
    while (this.#due && !this.#over) {
      this.#due = false;
      this.options.view.draw(this.#state);
      this.#nameWindow();
      this.options.drawn();
      await this.options.sleep(FRAME);
    }
    this.#resting = false;
  }
}
