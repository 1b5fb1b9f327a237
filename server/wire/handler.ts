import type { Bytes } from "../../shared/bytes.ts";
import type { ByteSink } from "../../shared/io.ts";
import type {
  RequestOf,
  SecureReply,
  SecureRequestKind,
} from "../../shared/protocol/secure/requests.ts";
import type { Services } from "../services.ts";

/** Answers requests of kind `K` of the client with the ID `asker`. */
export type Handler<K extends SecureRequestKind, R = SecureReply<K>> = (
  request: RequestOf<K>,
  asker: Bytes,
  services: Services,
) => Promise<R>;

/** An answer that is written piece by piece, so that it is never in memory whole. */
export interface Streamed {
  readonly kind: "streamed";
  /** Of the response. */
  readonly code: number;
  /** Bytes of the payload. */
  readonly size: number;
  /** Writes `header`, then the payload. Part of it may be written when it fails. */
  write(header: Bytes, sink: ByteSink): Promise<void>;
}
