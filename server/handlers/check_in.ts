/** Request 108: the asker leaves its mark and learns what the server knew of it until then. */
import type { Handler } from "../wire/handler.ts";

export const checkIn: Handler<"check-in"> = async ({ mark }, asker, { storage }) => {
  return { kind: "checked-in", ...await storage.prekeys.checkIn(asker, mark) };
};
