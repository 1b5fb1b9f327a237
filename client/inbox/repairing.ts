/** Repairing: what a secure profile does before and after it opens messages. */
import type { ClassicSender } from "../classic/classic_sender.ts";
import { ClientError } from "../errors.ts";
import type { SecureMessaging } from "../sessions/secure_messaging.ts";
import type { Round } from "./round.ts";

/** Does what must come before the messages: {@link SecureMessaging.prepare}. Returns notices. */
export async function prepare(secure: SecureMessaging, round: Round): Promise<string[]> {
  try {
    return await secure.prepare();
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    // A server that refuses this may have messages all the same.
    if (error.code === "refused") return [error.message];
    round.failure ??= error;
    return [];
  }
}

/**
 * Sends what the messages so far call for, and asks again for what could not be opened; returns
 * notices.
 */
export async function repair(secure: SecureMessaging, round: Round): Promise<string[]> {
  return await attempt(round, () => secure.repair());
}

/** As {@link repair}, in a classic profile: sends what waited for a key that has come. */
export async function sendKept(sender: ClassicSender, round: Round): Promise<string[]> {
  return await attempt(round, () => sender.sendKept());
}

async function attempt(round: Round, step: () => Promise<string[]>): Promise<string[]> {
  if (round.failure !== undefined) return [];
  return await round.attempt(step) ?? [];
}
