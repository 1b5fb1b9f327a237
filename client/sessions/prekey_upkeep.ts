/**
 * Keeps this client's prekeys on the server fresh and many enough, and notices when the profile is
 * an old copy (`shared/PROTOCOL.md` section 9).
 */
import type { Prekey, PrekeyKind as Kind } from "../../shared/protocol/prekey.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { LOW_PREKEYS } from "../../shared/limits.ts";
import { newPrekeySecret, type PrekeySecret, publicPrekey } from "../../shared/session/prekeys.ts";
import { ClientError } from "../errors.ts";
import type { SessionContext } from "./context.ts";

/**
 * One-time prekeys of each kind that are on the server after publishing; at half of it more are.
 */
export const ONE_TIME_TARGET = 2 * LOW_PREKEYS;
const DAY = 24 * 60 * 60 * 1000;
/** How long signed and last-resort prekeys are given out, in milliseconds: a day. */
export const ROTATION = DAY;
/** How long their secrets are kept after that, in milliseconds: 3 days. */
export const KEPT = 3 * DAY;
/**
 * How long the secrets of one-time prekeys are kept that the server has no more, and that were not
 * used: 4 days. The signed prekey that went out with them is gone by then, if this client was online
 * all the time.
 */
export const ONE_TIME_KEPT = ROTATION + KEPT;
const AGES = { reused: KEPT, oneTime: ONE_TIME_KEPT };
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
    const replace = restored || !prekeys.hasUpTo(server.prekeyId);
    profile.transaction(() => {
      if (restored) {
        sessions.clear();
        prekeys.removeOneTime();
      }
      const left = replace ? { ...server, oneTimeLeft: 0, oneTimeKemLeft: 0 } : server;
      prekeys.noteGone(PrekeyKind.oneTime, left.prekeyId, left.oneTimeLeft, now());
      prekeys.noteGone(PrekeyKind.oneTimeKem, left.prekeyId, left.oneTimeKemLeft, now());
      this.#make(left, restored);
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
   * Reports whether the server hands out one-time prekeys whose secrets are not here. Where none of
   * them is here, an earlier version made them, and they are to be replaced.
   */
  #hasUnknown({ prekeyId, oneTimeLeft, oneTimeKemLeft }: OnServer): boolean {
    const { prekeys } = this.options.profile;
    return prekeys.hasUpTo(prekeyId) &&
      (oneTimeLeft > prekeys.countWaiting(PrekeyKind.oneTime, prekeyId) ||
        oneTimeKemLeft > prekeys.countWaiting(PrekeyKind.oneTimeKem, prekeyId));
  }

  /** Makes the secrets of new prekeys. */
  #make(server: OnServer, renew: boolean): void {
    const { profile: { prekeys }, random, now, oneTimeTarget = ONE_TIME_TARGET } = this.options;
    let id = Math.max(prekeys.largestId(), server.prekeyId);
    const made: PrekeySecret[] = [];
    const make = (kind: Kind) => made.push(newPrekeySecret(kind, ++id, random));
    for (const kind of [PrekeyKind.signed, PrekeyKind.lastResort] as const) {
      const current = prekeys.current(kind);
      if (renew || !current || !isNew(current.madeAt, now())) make(kind);
    }
    const waiting = prekeys.after(server.prekeyId);
    const missing = (kind: Kind, left: number) => {
      const have = left + waiting.filter((prekey) => prekey.kind === kind).length;
      return have <= oneTimeTarget / 2 ? oneTimeTarget - have : 0;
    };
    for (let n = missing(PrekeyKind.oneTime, server.oneTimeLeft); n > 0; n--) {
      make(PrekeyKind.oneTime);
    }
    for (let n = missing(PrekeyKind.oneTimeKem, server.oneTimeKemLeft); n > 0; n--) {
      make(PrekeyKind.oneTimeKem);
    }
    prekeys.add(made, now());
  }

  /** Reports whether {@link drop} would drop something. */
  hasOld(): boolean {
    return this.options.profile.prekeys.hasOld(this.options.now(), AGES);
  }

  /**
   * Drops the secrets whose time is over. To be called when all that waited on the server was
   * opened: it may need them.
   */
  drop(): void {
    this.options.profile.prekeys.purge(this.options.now(), AGES);
  }

  async #publish(secrets: readonly PrekeySecret[], replace: boolean): Promise<void> {
    const { transport, signing } = this.options;
    const prekeys: Prekey[] = [];
    for (const secret of secrets) prekeys.push(await publicPrekey(secret, signing));
    await transport.request({ kind: "publish-prekeys", replace, prekeys });
  }
}

/** Whether a prekey is given out for longer; not if a clock that was set back says so. */
function isNew(madeAt: number, now: number): boolean {
  return madeAt <= now && now - madeAt < ROTATION;
}
