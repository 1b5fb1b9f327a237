import type { Messages } from "./messages.ts";
import type { Profile } from "./profile/profile.ts";

/** The longest time that a timer of the system is set for, in milliseconds: an hour. */
const MAX_PAUSE = 60 * 60 * 1000;

/** Forgets messages when their time comes, as long as the client is open. */
export class Expiry implements Disposable {
  readonly #listening: Disposable;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether it is over. */
  #ended = false;

  private constructor(
    private readonly profile: Profile,
    private readonly messages: Messages,
    private readonly now: () => number,
  ) {
    this.#listening = profile.events.on(({ kind }) => {
      if (kind === "entry") this.#schedule();
    });
  }

  /** Forgets what should be gone already, and goes on with what comes. */
  static async start(profile: Profile, messages: Messages, now: () => number): Promise<Expiry> {
    await messages.expire();
    const expiry = new Expiry(profile, messages, now);
    expiry.#schedule();
    return expiry;
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#listening[Symbol.dispose]();
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const next = this.#ended ? undefined : this.profile.history.nextExpiry();
    if (next === undefined) return;
    const pause = Math.min(Math.max(0, next - this.now()), MAX_PAUSE);
    this.#timer = setTimeout(() => this.#expire(), pause);
  }

  async #expire(): Promise<void> {
    try {
      await this.messages.expire();
      this.#schedule();
    } catch {
      // Whoever uses the disk next hears what is wrong with it; the next start makes up for it.
    }
  }
}
