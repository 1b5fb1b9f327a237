/**
 * As much of HTTP/1.1 (RFC 9112) as answers a GET: one request without a body, one response, and
 * the connection ends.
 */
import { type Bytes, concat, utf8 } from "../../shared/bytes.ts";

export interface HttpRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
}

export interface HttpResponse {
  readonly status: keyof typeof REASONS;
  /** The media type of `body`. */
  readonly type: string;
  readonly body: string;
}

const REASONS = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Methods that are answered; of a HEAD only the head. */
export const METHODS = ["GET", "HEAD"];

/** Returns a response of one line. */
export function plain(status: HttpResponse["status"], line: string): HttpResponse {
  return { status, type: "text/plain; charset=utf-8", body: `${line}\n` };
}

/** Returns what the head of a request asks for, or null if it is not one. */
export function parseRequest(head: string): HttpRequest | null {
  const [, method, path] = /^([A-Z]+) (\/[^\s?]*)(?:\?\S*)? HTTP\/1\.[01]\r?\n/.exec(head) ?? [];
  return method === undefined ? null : { method, path };
}

/** Returns the bytes of the response to a request with this method. */
export function encodeResponse({ status, type, body }: HttpResponse, method: string): Bytes {
  const content = utf8(body);
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    `Content-Type: ${type}`,
    `Content-Length: ${content.length}`,
    "Cache-Control: no-store",
    ...status === 405 ? [`Allow: ${METHODS.join(", ")}`] : [],
    "Connection: close",
    "\r\n",
  ];
  return concat(utf8(head.join("\r\n")), method === "HEAD" ? new Uint8Array(0) : content);
}
