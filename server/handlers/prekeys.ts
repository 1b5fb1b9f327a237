/** Requests 107 to 109: what others need for a first message to a client. */
import { toHex } from "../../shared/bytes.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { Refusal } from "../wire/error_replies.ts";
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
 * An asker that comes too often for one target gets no more of its one-time prekeys, which are for
 * everyone; it can start a session all the same.
 */
export const fetchPrekeys: Handler<"fetch-prekeys"> = async ({ target }, asker, services) => {
  const { storage, prekeyRates } = services;
  const wait = prekeyRates.ofAsker.take(toHex(asker));
  if (wait > 0) throw new Refusal("rate-limited", "prekeys are drawn too fast", wait);
  const pair = toHex(asker) + toHex(target);
  const oneTime = prekeyRates.oneTime.take(pair) === 0;
  let used = false;
  try {
    const prekeys = await storage.prekeys.draw(target, { oneTime });
    used = prekeys.some(({ kind }) =>
      kind === PrekeyKind.oneTime || kind === PrekeyKind.oneTimeKem
    );
    return { kind: "prekeys", clientId: target, prekeys };
  } finally {
    if (oneTime && !used) prekeyRates.oneTime.giveBack(pair);
  }
};
