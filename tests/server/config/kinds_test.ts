import { addresses, choice, count, endpoint, type Kind } from "../../../server/config/kinds.ts";
import { days, onOff, port, seconds, size, text } from "../../../server/config/kinds.ts";
import { textOf } from "../../../server/config/settings.ts";
import { assertEquals } from "../../support/assert.ts";

/** Checks what texts mean, and that what a file gets for a value means the same. */
function check<T>(kind: Kind<T>, values: Record<string, T | undefined>): void {
  for (const [text, value] of Object.entries(values)) {
    assertEquals(kind.parse(text), value, `"${text}"`);
    if (value !== undefined) assertEquals(kind.parse(textOf(kind.toJson(value))), value, text);
  }
}

Deno.test("kinds: ports", () => {
  check(port, {
    "0": 0,
    "1234": 1234,
    "65535": 65535,
    "00080": 80,
    ...Object.fromEntries(
      ["65536", "100000", "", " 1", "+1", "-1", "1.5", "1e3", "0x10", "١٢"].map((text) => [
        text,
        undefined,
      ]),
    ),
  });
});

Deno.test("kinds: sizes and counts", () => {
  check(size(), { "0": 0, "1.5K": 1536, "64G": 2 ** 36, "2T": 2 ** 41, "1X": undefined });
  check(size({ least: 100 }), { "100": 100, "99": undefined });
  assertEquals(size({ least: 2048 }).takes, "a size of at least 2K, such as 500M or 64G");
  check(count({ least: 1, most: 10 }), { "1": 1, "10": 10, "0": undefined, "11": undefined });
});

Deno.test("kinds: times", () => {
  check(days, { "1": 86_400_000, "0": undefined, "1.5": undefined, "100000": undefined });
  check(seconds, { "0": 0, "10": 10_000, "3601": undefined, "-1": undefined });
});

Deno.test("kinds: words", () => {
  check(choice("one", "two"), { "one": "one", "three": undefined, "": undefined });
  check(onOff, { "on": true, "off": false, "yes": undefined });
  check(text("DIR", "a folder"), { "a b": "a b", "": undefined, "a\0": undefined });
});

Deno.test("kinds: endpoints", () => {
  check(endpoint, {
    "off": null,
    "9100": { hostname: "127.0.0.1", port: 9100 },
    "localhost:0": { hostname: "localhost", port: 0 },
    "0.0.0.0:9100": { hostname: "0.0.0.0", port: 9100 },
    "[::1]:9100": { hostname: "::1", port: 9100 },
    "::1:9100": undefined,
    "[::x]:9100": undefined,
    "[::1]": undefined,
    "localhost": undefined,
    "localhost:65536": undefined,
    ":1": undefined,
  });
});

Deno.test("kinds: addresses", () => {
  check(addresses, {
    "none": [],
    "192.0.2.1": ["192.0.2.1"],
    "192.0.2.1,2001:db8::1": ["192.0.2.1", "2001:db8::1"],
    "::ffff:192.0.2.1": ["::ffff:192.0.2.1"],
    "192.0.2.1, 192.0.2.2": undefined,
    "192.0.2.256": undefined,
    "192.0.2": undefined,
    "192.0.2.01": undefined,
    "example.com": undefined,
    "::1::": undefined,
    "::1]": undefined,
    "": undefined,
  });
});
