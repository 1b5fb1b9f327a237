/** Which response answers which secure request. */
import type { SecureRequest } from "../../shared/protocol/secure_request.ts";
import type { SecureResponse } from "../../shared/protocol/secure_response.ts";

/** A request whose response fits into memory: all but the one for messages. */
export type SmallRequest = Exclude<SecureRequest, { kind: "get-messages" }>;

export const REPLIES = {
  "login": "logged-in",
  "register": "registered",
  "client-list": "client-list",
  "public-key": "public-key",
  "send": "sent",
  "subscribe": "subscribed",
  "acknowledge": "acknowledged",
  "publish-prekeys": "prekeys-published",
  "check-in": "checked-in",
  "fetch-prekeys": "prekeys",
  "open-upload": "upload",
  "put-chunk": "chunk-stored",
  "get-chunk": "chunk",
  "share": "shared",
  "file-state": "file-state",
  "release": "released",
} as const satisfies Record<SmallRequest["kind"], SecureResponse["kind"]>;

/** The response to a request of type `R`. */
export type ReplyTo<R extends SmallRequest> = Extract<
  SecureResponse,
  { kind: typeof REPLIES[R["kind"]] }
>;
