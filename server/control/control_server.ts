/**
 * Takes orders for a running server. A connection brings one request, a line of JSON, and gets
 * lines of JSON: that it goes on, at last the result or an error.
 */
import type { Logger } from "@logtape/logtape";
import { acceptAll } from "../accept.ts";
import { type ControlPlace, openControlPlace } from "./control_place.ts";
import { readJsonLines, writeJsonLine } from "./json_lines.ts";
import { operate, type OperationName, OPERATIONS, type Parts } from "./operations.ts";

/** What a connection sends. */
export interface ControlRequest {
  readonly operation: string;
  readonly args: unknown;
  readonly secret?: string;
}

/** One line of what it gets. */
export type ControlAnswer =
  | { readonly goesOn: true }
  | { readonly result: unknown }
  | { readonly error: string };

/** Takes orders for the server on the folder `data`; where that cannot be, the log says so. */
export async function openControl(
  { data, os }: { data: string; os: string },
  parts: Parts & { log: Logger },
): Promise<AsyncDisposable> {
  const { random, log } = parts;
  try {
    const place = await openControlPlace(data, { os, random });
    return new ControlServer(place, parts, log);
  } catch (error) {
    log.warn("Commands such as stats and backup cannot reach this server: {error}", { error });
    return new AsyncDisposableStack();
  }
}

/** How long a request may take to arrive, in milliseconds. */
const REQUEST_DEADLINE = 10_000;
/** Connections at a time. */
const MAX_CONNECTIONS = 16;

export class ControlServer implements AsyncDisposable {
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #accepting: Promise<void>;
  #stopping = false;

  constructor(
    private readonly place: ControlPlace,
    private readonly parts: Parts,
    log: Logger,
  ) {
    this.#accepting = acceptAll(place, {
      serve: (conn) => this.#take(conn),
      closed: () => this.#stopping,
      onFailure: (error) => log.error("The control socket fails: {error}", { error }),
    });
  }

  /** Takes no more requests, and ends those that are under way at their next step. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.place[Symbol.asyncDispose]();
    await this.#accepting;
    await Promise.all(this.#connections.values());
  }

  #take(conn: Deno.Conn): void {
    if (this.#connections.size >= MAX_CONNECTIONS) return conn.close();
    const served = this.#serve(conn).finally(() => this.#connections.delete(conn));
    this.#connections.set(conn, served);
  }

  /** Never rejects. */
  async #serve(conn: Deno.Conn): Promise<void> {
    const close = () => {
      try {
        conn.close();
      } catch {
        // Closed already.
      }
    };
    const timer = setTimeout(close, REQUEST_DEADLINE);
    try {
      const { value: request } = await readJsonLines(conn).next();
      clearTimeout(timer);
      if (request === undefined) return;
      await this.#answer(request as ControlRequest, (answer) => writeJsonLine(conn, answer));
    } catch {
      // Whoever asked has gone, or sent what nobody can read.
    } finally {
      clearTimeout(timer);
      close();
    }
  }

  async #answer(
    { operation, args, secret }: ControlRequest,
    send: (answer: ControlAnswer) => Promise<void>,
  ): Promise<void> {
    if (!this.place.admits(secret)) return await send({ error: "the secret is not the server's" });
    if (!Object.hasOwn(OPERATIONS, operation)) {
      return await send({ error: `the server that runs does not know "${operation}"` });
    }
    let telling = Promise.resolve();
    let gone = false;
    const goesOn = () => {
      if (this.#stopping) throw new Error("the server stops");
      if (gone) throw new Error("nobody waits for the answer");
      telling = telling.then(() => send({ goesOn: true })).catch(() => {
        gone = true;
      });
    };
    try {
      const result = await operate(
        operation as OperationName,
        this.parts,
        args as never,
        goesOn,
      );
      await telling;
      await send({ result });
    } catch (error) {
      await telling;
      await send({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}
