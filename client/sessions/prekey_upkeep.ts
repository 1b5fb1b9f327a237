/**
 * Keeps this client's prekeys on the server fresh and many enough, and notices when the profile is
 * an old copy (`shared/PROTOCOL.md` section 9).
 */
import type { Prekey, PrekeyKind as Kind } from "../../shared/protocol/prekey.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { LOW_PREKEYS } from "../../shared/limits.ts";
import { newPrekeySecret, type PrekeySecret, publicPrekey } from "../../shared/session/prekeys.ts";
import type { OneTimeKind } from "../profile/tables/prekey_store.ts";
import { ClientError } from "../errors.ts";
import type { RunCount } from "../disk/run_count.ts";
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
 * used: 4 days. The signed prekey that went out with them is gone by then, if this client was
 * online all the time.
 */
export const ONE_TIME_KEPT = ROTATION + KEPT;
/**
 * Secrets of one-time prekeys of a kind, after which no more are made. An honest server hands out
 * fewer while they are kept; one that says that all are gone, whenever it is asked, does not fill
 * the disk.
 */
export const MAX_ONE_TIME_SECRETS = 8192;
const AGES = { reused: KEPT, oneTime: ONE_TIME_KEPT };
/**
 * How far an old copy of a profile may be behind what it has published: 300 times of publishing.
 * A server that says more would have us run out of IDs.
 */
export const MAX_BEHIND = 2 ** 16;
/** How old prekeys are at least that are renewed on the server's word alone: an hour. */
export const RENEWAL = 60 * 60 * 1000;

/**
 * What is known of copies of the profile: that it is an "old" one, for certain; that the server
 * says something that a "foreign" copy would explain; or nothing.
 */
export type CopyState = "old" | "foreign" | "none";

/** What the server says it has of this client's prekeys. */
interface OnServer {
  readonly prekeyId: number;
  readonly oneTimeLeft: number;
  readonly oneTimeKemLeft: number;
}

type PrekeyUpkeepOptions =
  & Pick<SessionContext, "profile" | "transport" | "signing" | "random" | "now" | "oneTimeTarget">
  & { runCount: RunCount };

/** Publishes prekeys, and tells an old copy of a profile from the current one. */
export class PrekeyUpkeep {
  constructor(private readonly options: PrekeyUpkeepOptions) {}

  /**
   * Checks in and publishes what is missing. If the server says what only a copy of the profile
   * explains, prekeys are renewed. If there is evidence of one besides, the sessions are dropped,
   * and new ones start by themselves.
   * @throws {ClientError} what the network may do
   */
  async run(): Promise<CopyState> {
    const { profile, transport, random, now, runCount } = this.options;
    const { copyMarks, prekeys, repairs, sessions } = profile;
    const outside = await runCount.read();
    const { mark, runs } = profile.transaction(() => copyMarks.next(random, outside));
    const server = await transport.request({ kind: "check-in", mark });
    if (server.prekeyId > prekeys.largestId() + MAX_BEHIND) {
      const message = `the server speaks of a prekey ${server.prekeyId}, which cannot be`;
      throw new ClientError("bad-response", message);
    }
    const isForeign = !copyMarks.isFresh(server.mark) || server.prekeyId > prekeys.largestId() ||
      this.#hasUnknown(server);
    const isOld = isForeign && copyMarks.evidence;
    // A server that says so again and again, or loses what was renewed, does not have us make
    // prekeys all the time.
    const renews = isForeign || copyMarks.renewing;
    const tooSoon = renews && !isOld && !this.#isToPublish(server) && this.#isNewerThan(RENEWAL);
    if (!tooSoon) {
      profile.transaction(() => {
        if (isOld) {
          sessions.clear();
          repairs.askAtOnce(); // what was asked for may have gone to another copy
          prekeys.removeOneTime();
        }
        if (isForeign) copyMarks.renew();
        this.#make(server, now());
      });
    }
    // Also what is too new to be replaced: a server that was set up anew, or restored, may lack it.
    await this.#publish(server);
    await runCount.write(runs);
    profile.transaction(() => copyMarks.settle());
    return isOld ? "old" : isForeign ? "foreign" : "none";
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

  /** Reports whether renewed prekeys were made that the server does not have yet. */
  #isToPublish({ prekeyId }: OnServer): boolean {
    const { prekeys, copyMarks } = this.options.profile;
    return copyMarks.renewing && (prekeys.current(PrekeyKind.signed)?.id ?? 0) > prekeyId;
  }

  /** Reports whether the signed prekey was made less than `age` milliseconds ago. */
  #isNewerThan(age: number): boolean {
    const { profile: { prekeys }, now } = this.options;
    return isNewer(prekeys.current(PrekeyKind.signed)?.madeAt, age, now());
  }

  /** Makes the secrets of new prekeys, and notes which of the others are gone from the server. */
  #make(server: OnServer, now: number): void {
    const { profile: { prekeys, copyMarks }, random, oneTimeTarget = ONE_TIME_TARGET } =
      this.options;
    const renewing = copyMarks.renewing;
    let id = Math.max(prekeys.largestId(), server.prekeyId);
    const made: PrekeySecret[] = [];
    const make = (kind: Kind) => made.push(newPrekeySecret(kind, ++id, random));
    for (const kind of [PrekeyKind.signed, PrekeyKind.lastResort] as const) {
      const current = prekeys.current(kind);
      const isReplaced = renewing && current && current.id <= server.prekeyId;
      if (isReplaced || !isNewer(current?.madeAt, ROTATION, now)) make(kind);
    }
    const waiting = prekeys.waitingAfter(server.prekeyId);
    const replace = renewing || !prekeys.hasUpTo(server.prekeyId);
    const fill = (kind: OneTimeKind, onServer: number) => {
      const left = replace ? 0 : onServer;
      prekeys.noteGone(kind, server.prekeyId, left, now);
      const have = left + waiting.filter((prekey) => prekey.kind === kind).length;
      if (have > oneTimeTarget / 2) return;
      const room = MAX_ONE_TIME_SECRETS - prekeys.count(kind);
      for (let n = Math.min(oneTimeTarget - have, room); n > 0; n--) make(kind);
    };
    fill(PrekeyKind.oneTime, server.oneTimeLeft);
    fill(PrekeyKind.oneTimeKem, server.oneTimeKemLeft);
    prekeys.add(made, now);
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

  /** Publishes what the server does not have yet. */
  async #publish({ prekeyId }: OnServer): Promise<void> {
    const { profile: { prekeys, copyMarks }, transport, signing } = this.options;
    // A server that lost what it had gets none that were replaced, or handed out: it takes only so
    // many, and would refuse them all.
    const secrets = prekeys.waitingAfter(prekeyId);
    if (secrets.length === 0) return;
    const replace = copyMarks.renewing || !prekeys.hasUpTo(prekeyId);
    const made: Prekey[] = [];
    for (const secret of secrets) made.push(await publicPrekey(secret, signing));
    await transport.request({ kind: "publish-prekeys", replace, prekeys: made });
  }
}

/** Whether something was made less than `age` ago, and not in the future of a clock set back. */
function isNewer(madeAt: number | undefined, age: number, now: number): boolean {
  return madeAt !== undefined && madeAt <= now && now - madeAt < age;
}
