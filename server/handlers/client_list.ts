/** Request 101: everybody but the asker. */
import type { Bytes } from "../../shared/bytes.ts";
import type { ResponseBody } from "../../shared/protocol/response.ts";
import type { Services } from "../services.ts";

export async function clientList(
  { clientId }: { clientId: Bytes },
  { storage }: Services,
): Promise<ResponseBody> {
  return { kind: "client-list", clients: await storage.clientsExcept(clientId) };
}
