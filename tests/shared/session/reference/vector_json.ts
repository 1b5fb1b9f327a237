/** How the values of the vectors are written as JSON. */
import { toHex } from "../../../../shared/bytes.ts";
import type { Pair } from "./basics.ts";
import type { Person } from "./identity.ts";
import type { OwnPrekey } from "./prekeys.ts";

/** What JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** `value` with all bytes as hex, and without what is undefined. */
export function json(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(json);
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries.map(([key, value]) => [key, json(value)]));
  }
  return value as Json;
}

export function pairJson({ secret, publicKey }: Pair): Json {
  return json({ secret, "public key": publicKey });
}

export function personJson({ signing, agreement, identity, id }: Person): Json {
  return json({
    "signing secret": signing,
    "agreement secret": agreement.secret,
    identity,
    "client ID": id,
  });
}

export function prekeyJson({ kind, id, secret, key, signature }: OwnPrekey): Json {
  return json({ kind, "prekey ID": id, secret, key, signature });
}
