/** Requests 107 to 109: what others need for a first message to a client. */
import { toHex } from "../../shared/bytes.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import type { RateLimit } from "../limits/rate_limit.ts";
import { tooFast } from "../wire/error_replies.ts";
import type { Handler } from "../wire/handler.ts";

/** Signatures are left to those who fetch: they trust nobody else with them. */
export const publishPrekeys: Handler<"publish-prekeys"> = async (request, asker, { storage }) => {
  await storage.prekeys.publish(asker, request.prekeys, { replace: request.replace });
  return { kind: "prekeys-published" };
};

/** The asker leaves its mark and learns what the server knew of it until then. */
export const checkIn: Handler<"check-in"> = async ({ mark }, asker, { storage }) => {
  return { kind: "checked-in", ...await storage.prekeys.checkIn(asker, mark) };
};

/**
 * Who fetches too often gets no one-time prekeys, which are for everyone, and nobody gets those of
 * a target that too many ask for. A session can be started without them.
 */
export const fetchPrekeys: Handler<"fetch-prekeys"> = async ({ target }, asker, services) => {
  const { storage, rates } = services;
  const [from, to] = [toHex(asker), toHex(target)];
  const wait = rates.fetches.take(from);
  if (wait > 0) throw tooFast("prekey-fetches", wait);
  const taken: (() => void)[] = [];
  const take = (rate: RateLimit, key: string) => {
    if (rate.take(key) > 0) return false;
    taken.push(() => rate.giveBack(key));
    return true;
  };
  let used = false;
  try {
    const oneTime = take(rates.oneTimeOfPair, from + to) && take(rates.oneTimeOfAsker, from) &&
      take(rates.oneTimeOfTarget, to);
    const prekeys = await storage.prekeys.draw(target, { oneTime, asker });
    used = prekeys.some(({ kind }) =>
      kind === PrekeyKind.oneTime || kind === PrekeyKind.oneTimeKem
    );
    return { kind: "prekeys", clientId: target, prekeys };
  } finally {
    // What brought no one-time prekey does not count.
    if (!used) taken.forEach((giveBack) => giveBack());
  }
};
