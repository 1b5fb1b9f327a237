/** Request 102: a client's public key. */
import type { Bytes } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import type { ResponseBody } from "../../shared/protocol/classic/responses.ts";
import type { Services } from "../services.ts";

/** @throws {StorageError} `unknown-client` */
export async function publicKey(
  { target }: { target: Bytes },
  { storage }: Services,
): Promise<ResponseBody & { kind: "public-key" }> {
  const client = await storage.client(target);
  if (!client) throw new StorageError("unknown-client", "no client has this ID");
  return { kind: "public-key", clientId: client.id, publicKey: client.publicKey };
}
