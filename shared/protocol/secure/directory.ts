/** Requests 101 and 102: who there is, and with which key. */
import { PUBLIC_KEY_SIZE } from "../../limits.ts";
import { request, response } from "../entry.ts";
import { bytes, clientId, fields, list, type ValueOf } from "../layout.ts";
import { clientName } from "../name.ts";

const publicKeyField = bytes(PUBLIC_KEY_SIZE);

/** A client in the list: its public key comes along, so that its ID can be checked. */
export const secureEntry = fields({ id: clientId, name: clientName, publicKey: publicKeyField });
export type SecureEntry = ValueOf<typeof secureEntry>;

export const secureClients = response({
  kind: "client-list",
  code: 1001,
  payload: { clients: list(secureEntry) },
});

/** Everyone but the asker. */
export const clientList = request({
  kind: "client-list",
  code: 101,
  payload: {},
  reply: secureClients,
});

export const publicKeyOf = response({
  kind: "public-key",
  code: 1002,
  payload: { clientId, publicKey: publicKeyField },
});

export const publicKey = request({
  kind: "public-key",
  code: 102,
  payload: { target: clientId },
  reply: publicKeyOf,
});
