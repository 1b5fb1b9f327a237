/** Request 102: a client's public key. */
import { StorageError } from "../../shared/errors.ts";
import type { Handler } from "../wire/handler.ts";

/** @throws {StorageError} `unknown-client` */
export const publicKey: Handler<"public-key"> = async ({ target }, _asker, { storage }) => {
  const client = await storage.client(target);
  if (!client) throw new StorageError("unknown-client", "no client has this ID");
  return { kind: "public-key", clientId: client.id, publicKey: client.publicKey };
};
