/** A result of a method as a line for people. */
import { sizeText } from "../../../shared/size.ts";
import type { Item } from "../link/chat_link.ts";
import { objectOf } from "../link/model.ts";

/** Returns the line; of what nothing better is known it has each part with its name. */
export function itemText(item: Item): string {
  if (typeof item.card === "string") return item.card;
  if (typeof item.timer === "number") return timerText(item.timer);
  if (typeof item.transfer === "number") return transferText(item);
  return Object.entries(item).map(([name, value]) =>
    `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`
  ).join("  ");
}

function timerText(seconds: number): string {
  return seconds === 0 ? "Messages stay." : `Messages disappear after ${seconds} s.`;
}

function transferText({ transfer, direction, peer, name, size, state, path, reason }: Item) {
  const { alias, name: own } = objectOf(peer);
  const where = state === "done" && typeof path === "string" ? `: ${path}` : "";
  const why = typeof reason === "string" ? ` (${reason})` : "";
  const parts = [direction === "down" ? "from" : "to", alias ?? own, name];
  return `${transfer}  ${parts.join(" ")}, ${sizeText(Number(size))}, ${state}${where}${why}`;
}
