/**
 * Keeps this client's prekeys on the server fresh and many enough, and notices when the profile is
 * an old copy (`shared/PROTOCOL.md` section 9).
 */
import type { Prekey, PrekeyKind as Kind } from "../../shared/protocol/prekey.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { newPrekeySecret, type PrekeySecret, publicPrekey } from "../../shared/session/prekeys.ts";
import { ClientError } from "../errors.ts";
import type { SessionContext } from "./context.ts";

/**
 * One-time prekeys of each kind that are on the server after publishing; at half of it more are.
 */
export const ONE_TIME_TARGET = 100;
/** How long a signed prekey is given out, in milliseconds: 7 days. */
export const ROTATION = 7 * 24 * 60 * 60 * 1000;
/** How long its secret is kept after that, in milliseconds: 30 days. */
export const KEPT = 30 * 24 * 60 * 60 * 1000;
/** How long one-time prekeys are kept that were given out and never used: 90 days. */
export const ONE_TIME_KEPT = 90 * 24 * 60 * 60 * 1000;
/**
 * How far an old copy of a profile may be behind what it has published: 5,000 times of publishing.
 * A server that says more would have us run out of IDs.
 */
const MAX_BEHIND = 2 ** 20;

/** What the server says it has of this client's prekeys. */
interface OnServer {
  readonly prekeyId: number;
  readonly oneTimeLeft: number;
  readonly oneTimeKemLeft: number;
}

type PrekeyUpkeepOptions = Pick<
  SessionContext,
  "profile" | "transport" | "signing" | "random" | "now" | "oneTimeTarget"
>;

/** Publishes prekeys, and tells an old copy of a profile from the current one. */
export class PrekeyUpkeep {
  constructor(private readonly options: PrekeyUpkeepOptions) {}

  /**
   * Checks in and publishes what is missing. Reports whether the profile is an old copy; then its
   * sessions are gone, and new ones start by themselves.
   * @throws {ClientError} what the network may do
   */
  async run(): Promise<{ restored: boolean }> {
    const { profile, transport, random, now } = this.options;
    const { copyMarks, prekeys, sessions } = profile;
    const mark = profile.transaction(() => copyMarks.next(random));
    const server = await transport.request({ kind: "check-in", mark });
    if (server.prekeyId > prekeys.largestId() + MAX_BEHIND) {
      const message = `the server speaks of a prekey ${server.prekeyId}, which cannot be`;
      throw new ClientError("bad-response", message);
    }
    const restored = !copyMarks.isFresh(server.mark) || server.prekeyId > prekeys.largestId() ||
      this.#hasUnknown(server);
    const replace = restored || this.#publishedOf(server).length === 0;
    profile.transaction(() => {
      if (restored) {
        sessions.clear();
        prekeys.removeOneTime();
      }
      const none = { oneTimeLeft: 0, oneTimeKemLeft: 0 };
      this.#make(replace ? { ...server, ...none } : server, restored);
      prekeys.purge(now() - KEPT);
      prekeys.purgeOneTime(now() - ONE_TIME_KEPT);
    });
    // Of runs that could not publish there may be several; only the last of a reused kind counts.
    const unpublished = prekeys.after(server.prekeyId).filter(({ id, kind }) =>
      kind !== PrekeyKind.signed && kind !== PrekeyKind.lastResort ||
      id === prekeys.current(kind)?.id
    );
    if (unpublished.length > 0) await this.#publish(unpublished, replace);
    profile.transaction(() => copyMarks.settle());
    return { restored };
  }

  /**
   * Reports whether the server hands out one-time prekeys whose secrets are not here: the profile
   * is an old copy, and the run that noticed it did not get to replace them. Where none of them is
   * here, an earlier version made them, and they are to be replaced.
   */
  #hasUnknown(server: OnServer): boolean {
    const published = this.#publishedOf(server);
    if (published.length === 0) return false;
    const { oneTimeLeft, oneTimeKemLeft } = server;
    const known = (kind: Kind) => published.filter((prekey) => prekey.kind === kind).length;
    return oneTimeLeft > known(PrekeyKind.oneTime) ||
      oneTimeKemLeft > known(PrekeyKind.oneTimeKem);
  }

  /** Returns the prekeys that are here and may be on the server. */
  #publishedOf({ prekeyId }: OnServer): PrekeySecret[] {
    return this.options.profile.prekeys.after(0).filter(({ id }) => id <= prekeyId);
  }

  /** Makes the secrets of new prekeys. */
  #make(server: OnServer, renew: boolean): void {
    const { profile: { prekeys }, random, now, oneTimeTarget = ONE_TIME_TARGET } = this.options;
    let id = Math.max(prekeys.largestId(), server.prekeyId);
    const made: PrekeySecret[] = [];
    const make = (kind: Kind) => made.push(newPrekeySecret(kind, ++id, random));
    for (const kind of [PrekeyKind.signed, PrekeyKind.lastResort] as const) {
      const current = prekeys.current(kind);
      if (renew || !current || current.madeAt <= now() - ROTATION) make(kind);
    }
    const waiting = prekeys.after(server.prekeyId);
    const missing = (kind: Kind, left: number) => {
      const have = left + waiting.filter((prekey) => prekey.kind === kind).length;
      return have < oneTimeTarget / 2 ? oneTimeTarget - have : 0;
    };
    for (let n = missing(PrekeyKind.oneTime, server.oneTimeLeft); n > 0; n--) {
      make(PrekeyKind.oneTime);
    }
    for (let n = missing(PrekeyKind.oneTimeKem, server.oneTimeKemLeft); n > 0; n--) {
      make(PrekeyKind.oneTimeKem);
    }
    prekeys.add(made, now());
  }

  async #publish(secrets: readonly PrekeySecret[], replace: boolean): Promise<void> {
    const { transport, signing } = this.options;
    const prekeys: Prekey[] = [];
    for (const secret of secrets) prekeys.push(await publicPrekey(secret, signing));
    await transport.request({ kind: "publish-prekeys", replace, prekeys });
  }
}
