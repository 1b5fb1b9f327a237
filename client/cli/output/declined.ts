/** Contents that were not kept: what the user is told of them. */
import { sizeText } from "../../../shared/size.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import type { DeclinedWhy } from "../../inbox/received.ts";
import { shownName } from "./printable.ts";

/** Contents of one client that came together, and were not kept for the same reason. */
export interface DeclinedContents {
  readonly from: MarkedPeer;
  readonly why: DeclinedWhy;
  readonly count: number;
  /** Bytes in all. */
  readonly size: number;
}

export function declinedText({ from, why, count, size }: DeclinedContents): string {
  const name = shownName(from);
  const what = `${name} sent ${count === 1 ? "a file" : `${count} files`} of ${sizeText(size)}`;
  const them = count === 1 ? "it" : "them";
  return why === "unwanted"
    ? `${what}, which --no-files or --max-size does not take: the server keeps ${them}`
    : `${what}, not kept, as you never wrote to ${name}: write first, then ask for ${them} again`;
}
