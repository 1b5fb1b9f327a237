import { equalBytes } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import { type PrekeyBundle, verifyBundle } from "../../shared/session/prekeys.ts";
import { ClientError } from "../errors.ts";
import { refusalName } from "../network/failures.ts";
import type { SessionContext } from "./context.ts";
import type { Sessions } from "./sessions.ts";

type SessionStarterOptions = Pick<SessionContext, "profile" | "transport"> & { sessions: Sessions };

/** Starts sessions with other secure clients, with the prekeys that they have published. */
export class SessionStarter {
  constructor(private readonly options: SessionStarterOptions) {}

  /**
   * Makes sure that there is a session with the client of that name.
   * @throws {ClientError} `no-prekeys`, `wrong-identity`, `bad-key`, and what the network may do
   */
  async ensure(peer: Identity, name: string): Promise<void> {
    const { profile, sessions } = this.options;
    if (profile.sessions.has(peer.clientId)) return;
    const bundle = await this.fetchBundle(peer, name);
    // Another message may have been faster.
    if (profile.sessions.has(peer.clientId)) return;
    sessions.commit(() => this.start(peer, name, bundle));
  }

  /**
   * Starts a session, and sends in it from now on. Call it in {@link Sessions.commit}.
   * @throws {ClientError} `bad-key` if the client has signed prekeys that make no session
   */
  start(peer: Identity, name: string, bundle: PrekeyBundle): void {
    try {
      this.options.sessions.start(peer, bundle);
    } catch (error) {
      if (!(error instanceof CryptoError && error.code === "bad-key")) throw error;
      const message = `${name} has published keys that cannot be used: ${error.message}`;
      throw new ClientError("bad-key", message, { cause: error });
    }
  }

  /**
   * Returns the prekeys of a client, verified.
   * @throws {ClientError} `no-prekeys`, `wrong-identity`, and what the network may do
   */
  async fetchBundle(peer: Identity, name: string): Promise<PrekeyBundle> {
    const request = { kind: "fetch-prekeys", target: peer.clientId } as const;
    try {
      const { clientId, prekeys } = await this.options.transport.request(request);
      if (equalBytes(clientId, peer.clientId)) return await verifyBundle(peer, prekeys);
      throw new ClientError("bad-response", "the server gave the prekeys of another client");
    } catch (error) {
      if (error instanceof CryptoError) {
        const message = `the server gave prekeys for ${name} that are not ${name}'s: ` +
          `${error.message}. Do not trust this server`;
        throw new ClientError("wrong-identity", message);
      }
      if (refusalName(error) !== "not-found") throw error;
      throw new ClientError(
        "no-prekeys",
        `${name} has not published the keys that a first message needs; ${name} must run ` +
          "messaging-client receive once",
      );
    }
  }
}
