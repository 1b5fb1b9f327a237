import { ClientError, type ClientErrorCode } from "../../../../client/errors.ts";
import { failureOf, failureText } from "../../../../client/cli/output/failure.ts";
import { UsageError } from "../../../../shared/args.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

/** All of them: the compiler sees to that. */
const CODES: Record<ClientErrorCode, true> = {
  "no-server": true,
  "unreachable": true,
  "refused": true,
  "bad-response": true,
  "not-registered": true,
  "not-confirmed": true,
  "already-registered": true,
  "bad-profile": true,
  "wrong-passphrase": true,
  "bad-passphrase": true,
  "in-use": true,
  "wrong-server": true,
  "wrong-identity": true,
  "not-needed": true,
  "unknown-name": true,
  "bad-name": true,
  "new-contact": true,
  "bad-card": true,
  "unauthenticated": true,
  "no-passphrase": true,
  "has-passphrase": true,
  "interrupted": true,
  "bad-text": true,
  "bad-key": true,
  "no-prekeys": true,
  "blocked": true,
  "queued": true,
  "cannot-decrypt": true,
  "changed": true,
  "gone": true,
  "damaged": true,
  "unknown-message": true,
  "not-possible": true,
  "unknown-transfer": true,
  "file": true,
  "program": true,
  "output-closed": true,
  "engine-ended": true,
  "busy": true,
};

Deno.test("failure: each code of the client is told as it is, with exit code 1, 130 or 141", () => {
  for (const code of Object.keys(CODES) as ClientErrorCode[]) {
    const failure = failureOf(new ClientError(code, "a reason"));
    const exitCode = code === "interrupted" ? 130 : code === "output-closed" ? 141 : 1;
    assertEquals(failure, { code, message: "a reason", exitCode });
  }
});

Deno.test("failure: wrong usage has exit code 2 and points to the help", () => {
  const failure = failureOf(new UsageError("send needs NAME"));
  assertEquals([failure.code, failure.exitCode], ["usage", 2]);
  assert(failure.message.startsWith("send needs NAME\n"), failure.message);
  assert(failure.message.includes("--help"), failure.message);
});

Deno.test("failure: what nobody foresaw is told, too, with exit code 1", () => {
  const internal = { code: "internal", message: "surprise", exitCode: 1 };
  assertEquals(failureOf(new RangeError("surprise")), internal);
  assertEquals(failureOf("surprise"), internal);
  const stored = failureOf(new StorageError("failed", "surprise"));
  assertEquals(stored, { ...internal, code: "failed" });
});

Deno.test("failure: a cause stays inside", () => {
  const cause = new Error("a secret");
  const failure = failureOf(new ClientError("file", "a reason", { cause }));
  assert(!JSON.stringify(failure).includes("secret"), failure.message);
});

Deno.test("failure: for scripts one object on one line", () => {
  const failure = { code: "usage", message: 'two\nlines "quoted"', exitCode: 2 };
  const text = failureText(failure, true);
  assertEquals(text, '{"error":{"code":"usage","message":"two\\nlines \\"quoted\\""}}');
});

Deno.test("failure: scripts are told when the same may succeed", () => {
  const failure = failureOf(new ClientError("refused", "wait", { cause: { retryAfter: 1500 } }));
  const json = '{"error":{"code":"refused","message":"wait","retryAfter":1500}}';
  assertEquals(failureText(failure, true), json);
});

Deno.test("failure: for people without what could steer a terminal", () => {
  const failure = {
    code: "x",
    message: "no client \x1b[2J\r\nmessaging-client: done",
    exitCode: 1,
  };
  const text = failureText(failure, false);
  assertEquals(text, "messaging-client: no client \ufffd[2J\ufffd\n    messaging-client: done");
});
