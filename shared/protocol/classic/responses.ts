/** The responses of the classic protocol. */
import type { Bytes } from "../../bytes.ts";
import { type BodyOf, EntryTable, response } from "../entry.ts";
import { responseFrame, type ResponseHeader } from "../frame.ts";
import { CLASSIC_REQUESTS } from "./requests.ts";

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
 * Returns the response that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed`, or `unsupported` for an unknown code
 */
export function decodeResponsePayload(header: ResponseHeader, payload: Uint8Array): Response {
  return { version: header.version, ...CLASSIC_RESPONSES.decode(header, payload) };
}
