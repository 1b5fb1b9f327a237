/** A chat without a terminal: keys are typed into it, and its states looked at. */
import { Chat } from "../../../client/tui/chat.ts";
import type { ChatState } from "../../../client/tui/state/state.ts";
import { until } from "../until.ts";
import type { MemoryLink } from "./memory_link.ts";

const NOTHING = { [Symbol.dispose]() {} };

export class ChatHere implements AsyncDisposable {
  state!: ChatState;
  frames = 0;
  /** What the window is called. */
  title = "";
  readonly #input = new TransformStream<Uint8Array, Uint8Array>();
  readonly #keys = this.#input.writable.getWriter();
  readonly #done: Promise<void>;
  ended = false;

  constructor(readonly link: MemoryLink, options: { vim?: boolean; name?: string } = {}) {
    const chat = new Chat({
      ...options,
      link,
      tty: {
        size: () => ({ columns: 80, rows: 24 }),
        write() {},
        input: () => this.#input.readable,
        watch: () => NOTHING,
        take: () => NOTHING,
        setTitle: (text) => void (this.title = text),
        setMouse() {},
      },
      view: {
        draw: (state) => {
          this.state = state;
          this.frames++;
        },
        reset() {},
        close() {},
      },
      sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
      place: (path) => path,
      filesFrom: (path) => Promise.resolve([`${path}1`, `${path}2/`]),
    });
    this.#done = chat.run().then(() => void (this.ended = true));
  }

  /** Types what terminals send for keys. */
  async type(text: string): Promise<void> {
    await this.#keys.write(new TextEncoder().encode(text));
  }

  /** Waits until a state was drawn that `fits`. */
  async until(what: string, fits: (state: ChatState) => boolean): Promise<ChatState> {
    await until(what, () => this.state !== undefined && fits(this.state));
    return this.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keys.close();
    await this.#done;
  }
}
