/**
 * What an operator can have done to the data of a server, whether it runs or not. What goes in and
 * comes out can be written as JSON. Errors are for people.
 */
import { type Bytes, fromHex, toHex } from "../../shared/bytes.ts";
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import type { Random } from "../../shared/crypto/random.ts";
import { INVITE_CODE_SIZE } from "../../shared/limits.ts";
import { sleep } from "../../shared/sleep.ts";
import { inviteHash, type InviteTerms } from "../storage/invites.ts";
import type { Limits } from "../limits/limits.ts";
import type { Stored } from "../services.ts";
import type { Client } from "../storage/storage.ts";

/** What operations work on. */
export interface Parts extends Stored {
  readonly limits: Readonly<Limits>;
  readonly random: Random;
  /** Milliseconds since 1970, by which what is stored grows old. */
  readonly now: () => number;
}

/** Tells whoever asked that an operation goes on. Throws to end it. */
export type GoesOn = () => void;

/** A client as its operator sees it. */
export interface ClientInfo {
  name: string;
  /** In hex. */
  id: string;
  secure: boolean;
}

/** Clients in one answer. */
export const CLIENTS_PAGE = 256;
/** How soon is noticed that somebody is gone, in milliseconds. */
const HOLD_STEP = 250;
/** The ID of nobody. */
const NOBODY: Bytes = new Uint8Array(0);

export const OPERATIONS = {
  async "stats"({ storage, limits }: Parts) {
    return { ...await storage.stats(), most: limits.maxTotalSize };
  },

  /** Those whose names begin with `prefix` and come behind `after`, at most a page. */
  async "clients"({ storage }: Parts, place: { prefix: string; after: string }) {
    const page = await storage.clientsBehind(place, NOBODY, CLIENTS_PAGE);
    return page.map((client) => ({ ...infoOf(client), quota: client.quota }));
  },

  /** Removes a client with all that waits for it. */
  async "remove-client"({ storage, remains }: Parts, { client }: { client: string }) {
    const found = await find(storage, client);
    await storage.unregister(found.id);
    remains.remove();
    await remains.done();
    return infoOf(found);
  },

  /** Sets the quota of one client, in bytes; null removes it. */
  async "limit-client"(
    { storage }: Parts,
    { client, quota }: { client: string; quota: number | null },
  ) {
    const found = await find(storage, client);
    await storage.setQuota(found.id, quota);
    return { ...infoOf(found), quota };
  },

  /** Makes an invite that lasts for so many milliseconds. Nobody can have its code again. */
  async "invite"({ storage, random, now }: Parts, { uses, age }: { uses: number; age: number }) {
    const code = random(INVITE_CODE_SIZE);
    const terms: InviteTerms = { uses, expiresAt: now() + age };
    return { ...await storage.invites.create(inviteHash(code), terms), code: toHex(code) };
  },

  async "invites"({ storage, now }: Parts) {
    const time = now();
    return (await storage.invites.list()).map((invite) => ({
      ...invite,
      valid: invite.left > 0 && invite.expiresAt > time,
    }));
  },

  async "withdraw-invite"({ storage }: Parts, { number }: { number: number }) {
    if (await storage.invites.withdraw(number)) return { number };
    throw new Error(`there is no invite ${number}; see: messaging-server invite list`);
  },

  /** Returns free space of the database to the disk. */
  async "compact"({ storage }: Parts) {
    await storage.compact();
    return {};
  },

  /** Deletes no contents until whoever asks for it is gone, and then those that have waited. */
  async "hold-contents"(
    { deletions }: Parts,
    _: Record<string, never>,
    goesOn: GoesOn,
  ): Promise<never> {
    const giveBack = deletions.hold();
    try {
      for (;;) {
        goesOn();
        await sleep(HOLD_STEP);
      }
    } finally {
      await giveBack();
    }
  },
} satisfies Record<
  string,
  // deno-lint-ignore no-explicit-any
  (parts: Parts, args: any, goesOn: GoesOn) => Promise<unknown>
>;

export type OperationName = keyof typeof OPERATIONS;

/** What an operation is given, and what it returns. */
export type ArgsOf<N extends OperationName> = Parameters<typeof OPERATIONS[N]> extends
  [Parts, infer A, ...unknown[]] ? A : Record<string, never>;
export type ResultOf<N extends OperationName> = Awaited<ReturnType<typeof OPERATIONS[N]>>;

/** Runs an operation. The types of its arguments are up to the caller. */
export async function operate<N extends OperationName>(
  name: N,
  parts: Parts,
  args: ArgsOf<N>,
  goesOn: GoesOn,
): Promise<ResultOf<N>> {
  const run = OPERATIONS[name] as (
    parts: Parts,
    args: ArgsOf<N>,
    goesOn: GoesOn,
  ) => Promise<unknown>;
  return await run(parts, args, goesOn) as ResultOf<N>;
}

/** Returns the client with this name, or with this ID in hex. */
async function find(storage: Parts["storage"], client: string): Promise<Client> {
  const found = await storage.clientNamed(client) ??
    (/^[0-9a-f]{32}$/i.test(client) ? await storage.client(fromHex(client)) : undefined);
  if (found) return found;
  throw new Error(`no client has the name or ID "${client}"; see: messaging-server clients list`);
}

function infoOf({ id, name, publicKey }: Client): ClientInfo {
  return { name, id: toHex(id), secure: claimsToBeSecure(publicKey) };
}
