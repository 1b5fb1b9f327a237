/** What a method of the JSON-RPC is: one table of them serves requests and describes itself. */
import type { Params, RequestId } from "./rpc_message.ts";
import type { Schema } from "./schema.ts";

/** A parameter, which is given by its name. */
export interface Param {
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

/** Who asks, for what belongs to no request. */
export interface Asker {
  /** Resolves when the conversation is over. */
  readonly closed: Promise<void>;
  /** See `RpcPeer.post`. */
  post(method: string, params?: Params): void;
}

/** What a method may use while it runs. */
export interface Call {
  /** The ID of the request; a notification has none. */
  readonly id: RequestId | undefined;
  readonly peer: Asker;
  /** Aborted when the request is cancelled, or the peer is gone. */
  readonly signal: AbortSignal;
  /**
   * Tells the asker something that belongs to this request: `params` with its ID as `request`.
   * Resolves when there is room for more, so that who reads slowly slows the method down.
   */
  notify(method: string, params?: Params): Promise<void>;
  /** Asks the asker something that belongs to this request: `params` with its ID as `request`. */
  request(method: string, params?: Params): Promise<unknown>;
}

export interface Method {
  readonly name: string;
  /** One line without a full stop. */
  readonly summary: string;
  readonly description?: string;
  readonly params: readonly Param[];
  readonly result: Schema;
  /**
   * Runs it. Parameters are given as `params` says: of the right types, and none is unknown.
   * Requests run at the same time, and are answered as they end.
   * @throws what becomes the error of the answer; see `rpc_error.ts`
   */
  run(params: Params, call: Call): unknown;
}
