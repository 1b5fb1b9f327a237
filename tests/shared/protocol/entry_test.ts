import { ErrorCode } from "../../../shared/protocol/codes.ts";
import { CLASSIC_REQUESTS } from "../../../shared/protocol/classic/requests.ts";
import { CLASSIC_RESPONSES } from "../../../shared/protocol/classic/responses.ts";
import { request, response } from "../../../shared/protocol/entry.ts";
import { u32 } from "../../../shared/protocol/layout.ts";
import { SECURE_REQUESTS } from "../../../shared/protocol/secure/requests.ts";
import { SECURE_ANSWERS } from "../../../shared/protocol/secure/responses.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("entries: no code and no kind stands twice in a table, and none is an error's", () => {
  const errors: number[] = Object.values(ErrorCode);
  for (const table of [SECURE_REQUESTS, SECURE_ANSWERS, CLASSIC_REQUESTS, CLASSIC_RESPONSES]) {
    const { entries } = table;
    assertEquals(new Set(entries.map(({ code }) => code)).size, entries.length);
    assertEquals(new Set(entries.map(({ kind }) => kind)).size, entries.length);
    assertEquals(entries.filter(({ code }) => errors.includes(code)), []);
  }
});

Deno.test("entries: a forgotten part does not compile", () => {
  const reply = response({ kind: "reply", code: 1, payload: {} });
  assertEquals(request({ kind: "whole", code: 2, payload: { a: u32 }, reply }).payload.max, 4);
  // @ts-expect-error -- a request without a reply
  request({ kind: "no-reply", code: 2, payload: {} });
  // @ts-expect-error -- a request without a code
  request({ kind: "no-code", payload: {}, reply });
  // @ts-expect-error -- a request without a kind
  request({ code: 2, payload: {}, reply });
  const forgotten = () => {
    // @ts-expect-error -- a request without a layout
    request({ kind: "no-payload", code: 2, reply });
  };
  assertEquals(typeof forgotten, "function");
});
