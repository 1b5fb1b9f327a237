import { fromUtf8 } from "../../../shared/bytes.ts";
import { encodeResponse, parseRequest, plain } from "../../../server/admin/http.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("http: the line of a request, without its query", () => {
  const metrics = { method: "GET", path: "/metrics" };
  for (
    const head of [
      "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /metrics HTTP/1.0\n\n",
      "GET /metrics?x=1&y=/z HTTP/1.1\r\n\r\n",
    ]
  ) assertEquals(parseRequest(head), metrics, head);
});

Deno.test("http: what is no request", () => {
  for (
    const head of [
      "",
      "\r\n\r\n",
      "GET\r\n\r\n",
      "GET /metrics\r\n\r\n",
      "GET /metrics HTTP/2.0\r\n\r\n",
      "GET metrics HTTP/1.1\r\n\r\n",
      "get /metrics HTTP/1.1\r\n\r\n",
      "GET  /metrics HTTP/1.1\r\n\r\n",
      "GET http://host/metrics HTTP/1.1\r\n\r\n",
    ]
  ) assertEquals(parseRequest(head), null, head);
});

Deno.test("http: a response counts its bytes, and one to HEAD has no body", () => {
  const response = plain(503, "größer");
  const head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n" +
    "Content-Length: 9\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
  assertEquals(fromUtf8(encodeResponse(response, "GET")), `${head}größer\n`);
  assertEquals(fromUtf8(encodeResponse(response, "HEAD")), head);
});
