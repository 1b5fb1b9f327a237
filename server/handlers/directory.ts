/** Requests 101, 102 and 113: other clients, page by page, by their IDs, or by name. */
import { MAX_LISTED } from "../../shared/limits.ts";
import { known } from "../storage/storage.ts";
import { Refusal } from "../wire/error_replies.ts";
import type { Handler } from "../wire/handler.ts";

export const listClients: Handler<"list-clients"> = async (place, asker, services) => {
  const { storage, directory } = services;
  if (!directory) {
    throw new Refusal("forbidden", "this server lists no clients; ask for one by its full name");
  }
  return { kind: "client-page", clients: await storage.clientsBehind(place, asker, MAX_LISTED) };
};

export const findClients: Handler<"find-clients"> = async ({ ids }, _asker, { storage }) => {
  return { kind: "found-clients", clients: await storage.clients(ids) };
};

export const findName: Handler<"find-name"> = async ({ name }, _asker, { storage }) => {
  return { kind: "found-name", client: known(await storage.clientNamed(name), "name") };
};
