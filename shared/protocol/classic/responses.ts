/** The responses of the classic protocol. */
import type { Bytes } from "../../bytes.ts";
import { ProtocolError } from "../../errors.ts";
import { type BodyOf, EntryTable, response } from "../entry.ts";
import { responseFrame, type ResponseHeader } from "../frame.ts";
import { CLASSIC_REQUESTS, type ClassicReply, type RequestBody } from "./requests.ts";

/** Why is not said. */
const failure = response({ kind: "failure", code: 9000, payload: {} });

type ClassicResponseEntry = (typeof CLASSIC_REQUESTS.entries)[number]["reply"] | typeof failure;

export const CLASSIC_RESPONSES = new EntryTable<ClassicResponseEntry>([
  ...CLASSIC_REQUESTS.entries.map(({ reply }) => reply),
  failure,
]);

/** What a response says. */
export type ResponseBody = BodyOf<ClassicResponseEntry>;

/** A response in memory. */
export type Response = { version: number } & ResponseBody;

/** Returns all bytes of `response`: header and payload. */
export function encodeResponse(response: Response): Bytes {
  return responseFrame(response.version, CLASSIC_RESPONSES.encode(response));
}

/**
 * Returns the response to a request of `kind` that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed`, also for the response to another kind
 */
export function decodeReply<K extends RequestBody["kind"]>(
  kind: K,
  header: ResponseHeader,
  payload: Uint8Array,
): ClassicReply<K> {
  const { code } = CLASSIC_REQUESTS.of[kind].reply;
  if (header.code !== code) {
    throw new ProtocolError("malformed", `response ${header.code} where ${code} is due`);
  }
  return CLASSIC_RESPONSES.decode(header, payload) as ClassicReply<K>;
}
