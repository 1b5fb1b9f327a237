/** From where a connection comes, as the limits see it. */

/** One source of connections, and the larger network that it may be one of many in. */
export interface PeerAddress {
  /** The IPv4 address, or the first 64 bits of an IPv6 one: who has one address has them all. */
  readonly key: string;
  /** The first 48 bits of an IPv6 address, which one customer may have; null for IPv4. */
  readonly network: string | null;
  /** Whether the limits for each address do not count it. */
  readonly exempt: boolean;
}

/**
 * Returns the source that the system calls `hostname`. An IPv4 address that is written as an IPv6
 * one counts as IPv4. `exempt` holds keys.
 */
export function peerAddress(hostname: string, exempt: ReadonlySet<string>): PeerAddress {
  const key = addressKey(hostname);
  const network = key.endsWith("::/64") ? key.split(":").slice(0, 3).join(":") + "::/48" : null;
  return { key, network, exempt: exempt.has(key) };
}

/** Returns the key of the address that `text` names, `text` itself if that is none. */
export function addressKey(text: string): string {
  if (isIPv4(text)) return text;
  const groups = groupsOf(text.replace(/%.*$/, ""));
  if (!groups) return text;
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return groups.slice(6).flatMap((group) => [group >> 8, group & 255]).join(".");
  return groups.slice(0, 4).map((group) => group.toString(16)).join(":") + "::/64";
}

function isIPv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && +part < 256);
}

/** Returns the eight groups of an IPv6 address; null if `text` is none. */
function groupsOf(text: string): number[] | null {
  const last = text.slice(text.lastIndexOf(":") + 1);
  if (isIPv4(last)) {
    const [a, b, c, d] = last.split(".").map(Number);
    const tail = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    text = text.slice(0, -last.length) + tail;
  }
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail = []] = halves.map((half) => half === "" ? [] : half.split(":"));
  const zeros = 8 - head.length - tail.length;
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return null;
  const groups = [...head, ...Array(zeros).fill("0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.map((group) => parseInt(group, 16));
}
