import {
  hasColours,
  NO_PAINT,
  PAINT,
  paintFor,
  wantsPlain,
} from "../../../../client/cli/output/colour.ts";
import { failureOf, failureText } from "../../../../client/cli/output/failure.ts";
import { type Output, toJson, toText } from "../../../../client/cli/output/output.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const bob = { id: new Uint8Array(16), name: "bob", authenticated: false };

const SAMPLES: Output[] = [
  { kind: "client", client: { ...bob, verified: true, blocked: true, alias: "Bobby" } },
  { kind: "received", received: { message: 7, from: bob, type: "text", text: "hi", at: 1e12 } },
  { kind: "sent", sent: { message: 7, to: bob } },
];

Deno.test("colour: by itself only on a terminal whose user does not refuse it", () => {
  const places = [[true, false], [true, true], [false, false], [false, true]] as const;
  const all = (color?: "auto" | "always" | "never") =>
    places.map(([isTerminal, isPlain]) => hasColours(color, { isTerminal, isPlain }));
  assertEquals(all(), [true, false, false, false]);
  assertEquals(all("auto"), all());
  assertEquals(all("always"), [true, true, true, true]);
  assertEquals(all("never"), [false, false, false, false]);
  assertEquals(paintFor("always", { isTerminal: false, isPlain: true }), PAINT);
  assertEquals(paintFor("never", { isTerminal: true, isPlain: false }), NO_PAINT);
});

Deno.test("colour: is refused with NO_COLOR, unless that is empty, and by a dumb terminal", () => {
  const wants = (environment: Record<string, string>) =>
    wantsPlain((variable) => environment[variable]);
  assertEquals(wants({}), false);
  assertEquals(wants({ NO_COLOR: "", TERM: "xterm" }), false);
  assertEquals(wants({ NO_COLOR: "0" }), true);
  assertEquals(wants({ TERM: "dumb" }), true);
});

Deno.test("colour: only repeats what the words say, and JSON has none", async () => {
  for (const output of SAMPLES) {
    const painted = await toText(output, { paint: PAINT });
    assert(painted.includes("\x1b[1mbob\x1b[22m"), painted);
    assertEquals(withoutColours(painted), await toText(output));
    assertEquals(toJson(output, { paint: PAINT }), toJson(output));
  }
  const client = await toText(SAMPLES[0], { paint: PAINT });
  assert(client.includes(PAINT.good("(verified)")), client);
  assert(client.includes(PAINT.bad("(blocked)")), client);
  assert(client.includes(PAINT.warning("(unauthenticated)")), client);
});

Deno.test("colour: of an error it is the prefix", () => {
  const failure = failureOf(new Error("it broke"));
  assertEquals(failureText(failure, false), "messaging-client: it broke");
  const painted = failureText(failure, false, PAINT);
  assertEquals(painted, "\x1b[31mmessaging-client:\x1b[39m it broke");
  assertEquals(failureText(failure, true, PAINT), failureText(failure, true));
});

function withoutColours(text: string): string {
  return text.replace(/\p{Cc}\[\d+m/gu, "");
}
