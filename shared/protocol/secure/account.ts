/** Requests 112, 100 and 114: a client proves who it is, becomes known under a name, and leaves. */
import { SIGNATURE_SIZE } from "../../crypto/ed25519.ts";
import { INVITE_CODE_SIZE, PUBLIC_KEY_SIZE } from "../../limits.ts";
import { request, response } from "../entry.ts";
import { bytes, clientId, flag, optional, u32 } from "../layout.ts";
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

/** The code is for servers that take only clients who were invited. */
export const register = request({
  kind: "register",
  code: 100,
  payload: {
    name: clientName,
    publicKey: bytes(PUBLIC_KEY_SIZE),
    invite: optional(bytes(INVITE_CODE_SIZE)),
  },
  reply: registered,
});

export const unregistered = response({ kind: "unregistered", code: 1114, payload: {} });

/** Deletes the asker and all that waits for it. */
export const unregister = request({
  kind: "unregister",
  code: 114,
  payload: {},
  reply: unregistered,
});

/** Tells a subscriber that the server stops, and after how many milliseconds to come back. */
export const stopping = response({ kind: "stopping", code: 2002, payload: { retryAfter: u32 } });
