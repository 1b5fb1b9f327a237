/** What a command does with clients who are new here: strangers, as `receive` calls them. */
import { toHex } from "../../shared/bytes.ts";
import type { Peer } from "../contacts/peers.ts";
import { isStranger } from "../contacts/strangers.ts";
import { ClientError } from "../errors.ts";
import type { Received } from "../inbox/received.ts";
import type { Asked, ClientContext } from "./command.ts";

/** The option of the commands by which someone can become a contact. */
export const NEW_CONTACTS = {
  "new-contacts": {
    value: "POLICY",
    words: ["ask", "accept", "refuse"],
    help: "What to do with clients whom you never wrote to, added,\n" +
      "verified or gave an alias: ask (without anyone to ask\n" +
      "as refuse), accept (the default), or refuse",
  },
} as const;

type Policy = typeof NEW_CONTACTS["new-contacts"]["words"][number];

/** Returns what a command with this option may ask a person for. */
export function asksAboutNew(args: { readonly "new-contacts"?: Policy }): Asked {
  return { answers: args["new-contacts"] === "ask" };
}

/**
 * Makes sure that the policy lets the owner write to the clients with these names. Before that
 * nothing is sent to any of them.
 * @throws {ClientError} `new-contact` if it does not, `unknown-name`
 */
export async function checkReceivers(
  names: readonly string[],
  policy: Policy | undefined,
  context: ClientContext,
): Promise<void> {
  if (policy === undefined || policy === "accept") return;
  const { client, attended } = context;
  for (const name of names) {
    if (!client.contactBook.isNew(name)) continue;
    // Whom to ask about is known only to the server.
    const isWanted = policy === "ask" && attended &&
      await agrees(await client.publicKey(name), context);
    if (isWanted) continue;
    throw new ClientError(
      "new-contact",
      `"${name}" is nobody whom you know, and --new-contacts does not let new ones in; nothing ` +
        "was sent. To be certain of this client: messaging-client add CARD; to take the word of " +
        "the server: --new-contacts accept",
    );
  }
}

/**
 * Yields what the policy lets in. What others have sent stays in the history; of each of them the
 * owner is told once.
 */
export async function* fromWelcome(
  all: AsyncIterable<Received>,
  policy: Policy | undefined,
  context: ClientContext,
): AsyncGenerator<Received> {
  const refused = new Set<string>();
  for await (const received of all) {
    const { from, message } = received;
    const isOpen = policy === undefined || policy === "accept" ||
      received.type === "problem" || received.type === "notice";
    if (isOpen || !isStranger(context.profile, from.id)) {
      yield received;
      continue;
    }
    const id = toHex(from.id);
    if (refused.has(id)) continue;
    if (policy === "ask" && context.attended && await agrees(from, context)) {
      context.profile.contacts.accept(from.id);
      yield received;
      continue;
    }
    refused.add(id);
    const text = `Somebody new, ${from.name}#${id}, has written. It is in the history, but not ` +
      "shown. If this is the card of someone you know: messaging-client add CARD";
    yield { type: "notice", message, from, text };
  }
}

async function agrees({ id, name }: Peer, { ask, progress }: ClientContext): Promise<boolean> {
  progress.clear();
  const answer = await ask(`${name}#${toHex(id)} is new. Take this for the right one? (yes/no): `);
  return answer?.trim().toLowerCase() === "yes";
}
