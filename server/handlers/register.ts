/** Request 100: a new client. */
import type { Bytes } from "../../shared/bytes.ts";
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import type { ResponseBody } from "../../shared/protocol/response.ts";
import type { Services } from "../services.ts";

/** @throws {StorageError} `name-taken`, `clients-full` */
export async function register(
  { name, publicKey }: { name: string; publicKey: Bytes },
  { storage, random }: Services,
): Promise<ResponseBody> {
  const clientId = random(new Uint8Array(CLIENT_ID_SIZE));
  await storage.register({ id: clientId, name, publicKey });
  return { kind: "registered", clientId };
}
