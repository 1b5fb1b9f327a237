import { equalBytes, toHex } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import { type PrekeyBundle, verifyBundle } from "../../shared/session/prekeys.ts";
import { type Session, startSession } from "../../shared/session/session.ts";
import { ClientError } from "../errors.ts";
import { refusalName } from "../network/failures.ts";
import type { SessionContext } from "./context.ts";
import { departedText } from "./outbox_delivery.ts";
import type { Sessions } from "./sessions.ts";

type SessionStarterOptions =
  & Pick<SessionContext, "profile" | "transport" | "own" | "random" | "now">
  & { sessions: Sessions };

/** Starts sessions with other secure clients, with the prekeys that they have published. */
export class SessionStarter {
  /** Starts that are under way, by the other clients' IDs in hex. */
  readonly #ensuring = new Map<string, Promise<void>>();

  constructor(private readonly options: SessionStarterOptions) {}

  /**
   * Makes sure that there is a session with the client of that name. Those who ask for it at the
   * same time share one start: each costs the other client one-time prekeys.
   * @throws {ClientError} `no-prekeys`, `wrong-identity`, `bad-key`, and what the network may do
   */
  async ensure(peer: Identity, name: string): Promise<void> {
    if (this.options.profile.sessions.has(peer.clientId)) return;
    const id = toHex(peer.clientId);
    let ensuring = this.#ensuring.get(id);
    if (!ensuring) {
      ensuring = this.#ensure(peer, name).finally(() => this.#ensuring.delete(id));
      this.#ensuring.set(id, ensuring);
    }
    await ensuring;
  }

  async #ensure(peer: Identity, name: string): Promise<void> {
    const { profile, sessions } = this.options;
    const session = await this.start(peer, name);
    // A message that came may have been faster.
    if (profile.sessions.has(peer.clientId)) return;
    sessions.commit(() => sessions.add(peer, session));
  }

  /**
   * Returns a new session with the client of that name, for {@link Sessions.add}.
   * @throws {ClientError} `no-prekeys`, `wrong-identity`, `bad-key` if the client has signed
   * prekeys that make no session, and what the network may do
   */
  async start(peer: Identity, name: string): Promise<Session> {
    const { own, random, now } = this.options;
    const bundle = await this.#fetchBundle(peer, name);
    try {
      return await startSession(own, peer, bundle, now(), random);
    } catch (error) {
      if (!(error instanceof CryptoError && error.code === "bad-key")) throw error;
      const message = `${name} has published keys that cannot be used: ${error.message}`;
      throw new ClientError("bad-key", message, { cause: error });
    }
  }

  /** Returns the prekeys of a client, verified. */
  async #fetchBundle(peer: Identity, name: string): Promise<PrekeyBundle> {
    const request = { kind: "fetch-prekeys", target: peer.clientId } as const;
    try {
      const { clientId, prekeys } = await this.options.transport.request(request);
      if (equalBytes(clientId, peer.clientId)) return verifyBundle(peer, prekeys);
      throw new ClientError("bad-response", "the server gave the prekeys of another client");
    } catch (error) {
      if (error instanceof CryptoError) {
        const message = `the server gave prekeys for ${name} that are not ${name}'s: ` +
          `${error.message}. Do not trust this server`;
        throw new ClientError("wrong-identity", message);
      }
      if (refusalName(error) !== "not-found") throw error;
      const message = await this.#isRegistered(peer)
        ? `${name} has not published the keys that a first message needs; ${name} must run ` +
          "messaging-client receive once"
        : departedText(name);
      throw new ClientError("no-prekeys", message);
    }
  }

  /** Reports whether the server knows a client; true as well if it does not say. */
  async #isRegistered({ clientId }: Identity): Promise<boolean> {
    try {
      return (await this.options.transport.withIds([clientId])).length > 0;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return true;
    }
  }
}
