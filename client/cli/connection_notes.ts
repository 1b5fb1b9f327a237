import type { Events } from "../events.ts";

/**
 * Notes that the connection is lost, once, and that it is there again, until disposed of. What is
 * tried in between is told by `status` alone.
 */
export function connectionNotes(events: Events, note: (text: string) => void): Disposable {
  let connected = false;
  let lost = false;
  return events.on((event) => {
    if (event.kind !== "connection") return;
    if (event.state === "connected") {
      if (lost) note(connected ? "Connected again." : "Connected.");
      connected = true;
      lost = false;
    } else if (event.state === "waiting" && !lost) {
      note(`${sentence(event.text)} Trying again until it works.`);
      lost = true;
    }
  });
}

/** Returns the reason as a sentence, without the advice to do what is done anyway. */
function sentence(reason: string): string {
  const text = reason.replace(/; try again$/, "");
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
