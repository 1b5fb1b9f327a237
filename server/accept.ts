/** Takes the connections of a listener, for as long as it is open. */
import { sleep } from "../shared/sleep.ts";

/** Pause after a failed accept (no file descriptors are left, for example), in milliseconds. */
const PAUSE = 100;

/**
 * Hands each new connection of `listener` to `serve`. Resolves when an accept fails and `closed`
 * says that the listener is closed; any other failure is reported, and it goes on after a pause.
 */
export async function acceptAll<C extends Deno.Conn>(
  listener: { accept(): Promise<C> },
  { serve, closed, onFailure }: {
    serve: (conn: C) => void;
    closed: () => boolean;
    onFailure: (error: unknown) => void;
  },
): Promise<void> {
  while (!closed()) {
    try {
      serve(await listener.accept());
    } catch (error) {
      if (closed()) return;
      onFailure(error);
      await sleep(PAUSE);
    }
  }
}
