import { toJson, toText } from "../../../../client/cli/output/output.ts";
import { localTime } from "../../../../client/cli/output/printable.ts";
import { timesAs } from "../../../../client/cli/output/style.ts";
import type { HistoryEntry } from "../../../../client/profile/tables/history_entry.ts";
import { assertEquals } from "../../../support/assert.ts";

const NOW = 1e12;
const now = () => NOW;
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

Deno.test("times: local by default, and on demand in UTC", () => {
  assertEquals(timesAs(undefined, now)(NOW), localTime(NOW));
  assertEquals(timesAs("local", now)(NOW), localTime(NOW));
  assertEquals(timesAs("iso", now)(NOW), "2001-09-09T01:46:40.000Z");
});

Deno.test("times: relative ones are told in the largest unit that is full", () => {
  const shown = (distance: number) => timesAs("relative", now)(NOW + distance);
  assertEquals([0, -59_999, 59_999].map(shown), ["just now", "just now", "just now"]);
  assertEquals([-MINUTE, -59 * MINUTE].map(shown), ["1 min ago", "59 min ago"]);
  assertEquals([-HOUR, -DAY + 1].map(shown), ["1 h ago", "23 h ago"]);
  assertEquals([-DAY, -400 * DAY].map(shown), ["1 day ago", "400 days ago"]);
  const future = ["3 min from now", "3 h from now", "3 days from now"];
  assertEquals([3 * MINUTE, 3 * HOUR, 3 * DAY].map(shown), future);
});

Deno.test("times: what no date can hold is shown as before", () => {
  for (const way of ["local", "relative", "iso"] as const) {
    assertEquals(timesAs(way, now)(1e300), "????-??-?? ??:??", way);
  }
});

Deno.test("times: text has times in the way that is asked for; JSON does not change", async () => {
  const peer = { id: new Uint8Array(16), name: "bob" };
  const at = NOW - 3 * MINUTE;
  const entry: HistoryEntry = {
    ...{ number: 3, peer: peer.id, sent: true, at, stored: at, contentId: new Uint8Array(16) },
    ...{ messageId: 7, state: "sent", body: { text: "hello" } },
  };
  const time = timesAs("relative", now);
  const kept = { entry: 3, to: peer, what: "text", since: at, reason: "full" } as const;
  const message = { ...kept, retryAt: NOW + HOUR };
  const transfer = {
    ...{ number: 7, direction: "down", state: "waiting", peer, name: "a", size: 9 } as const,
    ...{ entry: null, done: 0, path: null, started: at, ended: null, reason: null, retryAt: null },
  };
  const received = { message: 7, from: peer, type: "text", text: "hi", at } as const;
  const conversation = {
    ...{ peer, last: entry, unread: 0, mutedUntil: NOW + HOUR, archived: false, draft: null },
    ...{ firstUnread: null, own: false },
  };
  const screen = { columns: 80, rows: 24 };
  const shown = [
    [{ kind: "history", entry, peer }, "3  3 min ago → bob: hello ✓"],
    [{ kind: "found", entry, peer, words: ["hello"] }, "3  3 min ago → bob: hello"],
    [
      { kind: "conversation", conversation },
      "bob [muted until 1 h from now]  3 min ago → hello",
    ],
    [{ kind: "received", received }, "3 min ago bob: hi"],
    [
      { kind: "kept", message },
      "→ bob: a text of 3 min ago, waits: full; tried again after 1 h from now",
    ],
    [
      { kind: "waiting", transfer },
      "7  bob (ID 00000000): a, 9 bytes, 3 min ago. Fetch it with: messaging-client fetch 7",
    ],
  ] as const;
  for (const [output, text] of shown) {
    assertEquals(await toText(output, { time, screen }), text);
    assertEquals(toJson(output, { time, screen }), toJson(output));
  }
});
