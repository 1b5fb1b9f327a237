/** Request 108: the asker leaves its mark and learns what the server knew of it until then. */
import type { Bytes } from "../../shared/bytes.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Services } from "../services.ts";

export async function checkIn(
  { mark }: { mark: Bytes },
  client: Bytes,
  { storage }: Services,
): Promise<SecureResponse & { kind: "checked-in" }> {
  return { kind: "checked-in", ...await storage.prekeys.checkIn(client, mark) };
}
