import { adviceFor } from "../../../../client/cli/output/advice.ts";
import { failureOf } from "../../../../client/cli/output/failure.ts";
import { type Output, toText } from "../../../../client/cli/output/output.ts";
import { ClientError } from "../../../../client/errors.ts";
import { assertEquals } from "../../../support/assert.ts";

const id = new Uint8Array(16);

Deno.test("advice: names the profile that was named, as a shell takes it", () => {
  const text = "see: messaging-client list PREFIX, or messaging-client card";
  for (
    const [profile, option] of [
      ["/tmp/bob", "/tmp/bob"],
      ["my own $1", "'my own $1'"],
      ["Bob's $&", "'Bob'\\''s $&'"],
      ["", "''"],
    ]
  ) {
    const start = `messaging-client --profile ${option}`;
    assertEquals(adviceFor(profile)(text), `see: ${start} list PREFIX, or ${start} card`);
  }
  assertEquals(adviceFor(undefined)(text), text);
});

Deno.test("advice: is completed once, and only where it names a command", () => {
  const advise = adviceFor("b");
  for (
    const text of [
      "To move it: messaging-client --profile DIR import FILE",
      "in use by another messaging-client, process 7; wait for it",
      advise("run: messaging-client register NAME"),
    ]
  ) assertEquals(advise(text), text);
});

Deno.test("advice: in errors, notices and results, and not in what others wrote", async () => {
  const advise = adviceFor("b");
  const from = { id, name: "messaging-client list" };
  const transfer = 7;
  const announced = { type: "announced", message: 1, from, name: "messaging-client list", size: 1 };
  const outputs: [Output, string][] = [
    [
      { kind: "received", received: { ...announced, at: 0, transfer } as never },
      "messaging-client list sent a file of 1 byte: messaging-client list. " +
      "Fetch it with: messaging-client --profile b fetch 7",
    ],
    [
      { kind: "received", received: { message: 1, from, type: "text", text: "x", at: 0 } },
      "messaging-client list: x",
    ],
    [
      { kind: "notice", notice: { type: "notice", text: "run messaging-client register" } },
      "run messaging-client --profile b register",
    ],
  ];
  for (const [output, text] of outputs) assertEquals(await toText(output, { advise }), text);
  const error = new ClientError("unknown-name", "see: messaging-client list");
  assertEquals(failureOf(error, advise).message, "see: messaging-client --profile b list");
});
