/** Requests 101, 102 and 113: other clients, page by page, by their IDs, or by name. */
import { MAX_LISTED, MAX_LOOKED_UP, PUBLIC_KEY_SIZE } from "../../limits.ts";
import { request, response } from "../entry.ts";
import { bytes, clientId, fields, list, type ValueOf } from "../layout.ts";
import { clientName, partOfName } from "../name.ts";

/** A client in an answer: its public key comes along, so that its ID can be checked. */
export const secureEntry = fields({
  id: clientId,
  name: clientName,
  publicKey: bytes(PUBLIC_KEY_SIZE),
});
export type SecureEntry = ValueOf<typeof secureEntry>;

export const clientPage = response({
  kind: "client-page",
  code: 1001,
  payload: { clients: list(secureEntry, { max: MAX_LISTED }) },
});

/**
 * The first clients but the asker whose names begin with `prefix` and come behind `after`, in the
 * order of the bytes of their names. A page that is not full is the last one.
 */
export const listClients = request({
  kind: "list-clients",
  code: 101,
  payload: { prefix: partOfName, after: partOfName },
  reply: clientPage,
});

export const foundClients = response({
  kind: "found-clients",
  code: 1002,
  payload: { clients: list(secureEntry, { max: MAX_LOOKED_UP }) },
});

/** Those clients that exist, in the order in which they are asked for. */
export const findClients = request({
  kind: "find-clients",
  code: 102,
  payload: { ids: list(clientId, { min: 1, max: MAX_LOOKED_UP }) },
  reply: foundClients,
});

export const foundName = response({
  kind: "found-name",
  code: 1113,
  payload: { client: secureEntry },
});

/** The client with exactly this name. */
export const findName = request({
  kind: "find-name",
  code: 113,
  payload: { name: clientName },
  reply: foundName,
});
