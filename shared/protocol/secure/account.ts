/** Requests 112 and 100: a client proves who it is, and becomes known under a name. */
import { SIGNATURE_SIZE } from "../../crypto/ed25519.ts";
import { PUBLIC_KEY_SIZE } from "../../limits.ts";
import { request, response } from "../entry.ts";
import { bytes, clientId, flag } from "../layout.ts";
import { clientName } from "../name.ts";

export const loggedIn = response({ kind: "logged-in", code: 1112, payload: { registered: flag } });

/** Must come first. The signature is over the handshake hash of the channel. */
export const login = request({
  kind: "login",
  code: 112,
  payload: { publicKey: bytes(PUBLIC_KEY_SIZE), signature: bytes(SIGNATURE_SIZE) },
  reply: loggedIn,
});

export const registered = response({ kind: "registered", code: 1000, payload: { clientId } });

export const register = request({
  kind: "register",
  code: 100,
  payload: { name: clientName, publicKey: bytes(PUBLIC_KEY_SIZE) },
  reply: registered,
});
