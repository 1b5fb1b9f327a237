/** Request 109: what the asker needs for a first message to someone. */
import { toHex } from "../../shared/bytes.ts";
import { type Prekey, PrekeyKind } from "../../shared/protocol/prekey.ts";
import { Refusal } from "../wire/error_replies.ts";
import type { Handler } from "../wire/handler.ts";

/**
 * An asker that comes too often for one target gets no more of its one-time prekeys, which are for
 * everyone; it can start a session all the same.
 * @throws {Refusal} `rate-limited`
 * @throws {StorageError} `unknown-client`, `no-prekeys`
 */
export const fetchPrekeys: Handler<"fetch-prekeys"> = async (
  { target },
  asker,
  { storage, prekeyRates },
) => {
  const wait = prekeyRates.ofAsker.take(toHex(asker));
  if (wait > 0) throw new Refusal("rate-limited", "prekeys are drawn too fast", wait);
  const pair = toHex(asker) + toHex(target);
  const oneTime = prekeyRates.oneTime.take(pair) === 0;
  let used = false;
  try {
    const prekeys = await storage.prekeys.draw(target, { oneTime });
    used = prekeys.some(isOneTime);
    return { kind: "prekeys", clientId: target, prekeys };
  } finally {
    if (oneTime && !used) prekeyRates.oneTime.giveBack(pair);
  }
};

function isOneTime({ kind }: Prekey): boolean {
  return kind === PrekeyKind.oneTime || kind === PrekeyKind.oneTimeKem;
}
