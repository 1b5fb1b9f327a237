/** What can go wrong for a user of the client, with a literal code for scripts. */

export type ClientErrorCode =
  | "no-server" // no address was given
  | "unreachable" // no connection, or it broke
  | "refused" // the server answered with a failure
  | "bad-response" // the server's answer makes no sense
  | "not-registered" // the profile has no identity yet
  | "already-registered" // the profile has one already
  | "not-confirmed" // the user did not say yes
  | "bad-profile" // a file of the profile cannot be used
  | "wrong-passphrase" // not the one that the profile is protected by
  | "bad-passphrase" // one that cannot protect anything
  | "engine-ended" // the engine of the profile did, before the command was done
  | "busy" // the engine of the profile serves as many as it can
  | "in-use" // another process works on the profile
  | "wrong-server" // it does not have the key that it must have
  | "wrong-identity" // a client does not have the key, or the ID, that it must have
  | "not-needed" // an operation for classic clients alone
  | "unknown-name" // no client has this name
  | "new-contact" // the owner wants nobody new, and this client is
  | "bad-name" // no client may have this name
  | "bad-card" // not a contact's card
  | "unauthenticated" // a classic client, or profile, cannot prove who it is
  | "no-passphrase" // none was given, or the profile has none
  | "has-passphrase" // the profile has one already
  | "interrupted" // the user stopped it
  | "bad-text" // a text that cannot be sent
  | "bad-key" // a peer's key cannot be used
  | "no-prekeys" // nothing to start a session with
  | "blocked" // the contact is blocked here
  | "queued" // a message is kept until the server can be reached
  | "cannot-decrypt" // no known key fits; the message is kept
  | "changed" // a file is not what it was when its transfer began
  | "gone" // the server does not have a file any more
  | "damaged" // what the server has of a file cannot be used
  | "unknown-message" // there is none with this number in the history
  | "not-possible" // nobody can do that with this message, or this client
  | "unknown-transfer" // there is none with this number, or it has ended
  | "program" // a program of the user's failed
  | "output-closed" // nobody reads what is printed any more
  | "file"; // a local file cannot be read or written

export class ClientError extends Error {
  override name = "ClientError";
  constructor(readonly code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Runs `action`. Whatever it throws becomes a {@link ClientError} `code` with the message
 * "WHAT: REASON"; one that is a ClientError already passes.
 */
export async function withReason<T>(
  code: ClientErrorCode,
  what: string,
  action: () => T | Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ClientError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ClientError(code, `${what}: ${reason}`, { cause: error });
  }
}
