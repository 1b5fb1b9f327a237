/** The kinds of values that settings have: how each is written, in text and in JSON. */
import { alternatives } from "../../shared/command_line.ts";
import { exactSizeText, parseSize } from "../../shared/size.ts";
import { DAY } from "../limits/limits.ts";

export type Json = string | number | boolean | readonly string[];

export interface Kind<T> {
  /** What help calls a value, such as SIZE. */
  readonly name: string;
  /** What errors say, such as: a size such as 500M or 64G */
  readonly takes: string;
  /** The types of JSON that a file may have for it, beside its text. */
  readonly json: "string" | "number" | "boolean" | "array";
  /** Returns the value that `text` names, or undefined. */
  parse(text: string): T | undefined;
  /** Returns what a file may have for `value`. */
  toJson(value: T): Json;
}

/** The address of a TCP port. */
export interface Endpoint {
  /** A name or an address, without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** Bytes. */
export function size({ least = 0 } = {}): Kind<number> {
  const from = least > 0 ? ` of at least ${exactSizeText(least)}` : "";
  return {
    name: "SIZE",
    takes: `a size${from}, such as 500M or 64G`,
    json: "number",
    parse(text) {
      const bytes = parseSize(text);
      return bytes !== null && bytes >= least ? bytes : undefined;
    },
    toJson: exactSizeText,
  };
}

/** Whole numbers. */
export function count({ name = "N", what = "a number", least, most }: {
  name?: string;
  what?: string;
  least: number;
  most: number;
}): Kind<number> {
  return {
    name,
    takes: `${what} from ${least} to ${most}`,
    json: "number",
    parse(text) {
      const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
      return number >= least && number <= most ? number : undefined;
    },
    toJson: (number) => number,
  };
}

/** Days; the value is in milliseconds. */
export const days: Kind<number> = scaled(
  count({ name: "DAYS", what: "a number of days", least: 1, most: 99_999 }),
  DAY,
);

/** Seconds; the value is in milliseconds. */
export const seconds: Kind<number> = scaled(
  count({ name: "SECONDS", what: "a number of seconds", least: 0, most: 3600 }),
  1000,
);

function scaled(kind: Kind<number>, unit: number): Kind<number> {
  return {
    ...kind,
    parse(text) {
      const number = kind.parse(text);
      return number === undefined ? undefined : number * unit;
    },
    toJson: (value) => value / unit,
  };
}

export const port: Kind<number> = count({ least: 0, most: 65_535 });

/** One of some words. */
export function choice<const W extends string>(...words: readonly W[]): Kind<W> {
  return {
    name: words.join("|"),
    takes: alternatives(words),
    json: "string",
    parse: (text) => words.find((word) => word === text),
    toJson: (word) => word,
  };
}

export const onOff: Kind<boolean> = {
  name: "on|off",
  takes: "on or off",
  json: "boolean",
  parse: (text) => text === "on" ? true : text === "off" ? false : undefined,
  toJson: (on) => on,
};

/** Text that is used as it stands. */
export function text(name: string, takes: string): Kind<string> {
  const parse = (text: string) => text === "" || text.includes("\0") ? undefined : text;
  return { name, takes, json: "string", parse, toJson: (text) => text };
}

/** HOST:PORT; a port alone is one of this machine. None is undefined inside, and off outside. */
export const endpoint: Kind<Endpoint | null> = {
  name: "HOST:PORT",
  takes: "an address HOST:PORT, a port of 127.0.0.1, or off",
  json: "string",
  parse(text) {
    if (text === "off") return null;
    const parts = /^(?:\[([\da-f:.]+)\]:|([^:[\]\s]+):)?(\d{1,5})$/i.exec(text);
    if (!parts) return undefined;
    const [, ipv6, name, digits] = parts;
    const number = port.parse(digits);
    if (number === undefined || ipv6 !== undefined && !isAddress(ipv6)) return undefined;
    return Object.freeze({ hostname: ipv6 ?? name ?? "127.0.0.1", port: number });
  },
  toJson: (endpoint) => endpoint === null ? "off" : endpointText(endpoint),
};

/** Returns HOST:PORT, an IPv6 address in brackets. */
export function endpointText({ hostname, port }: Endpoint): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** IP addresses with commas in between; `none` is the empty list. */
export const addresses: Kind<readonly string[]> = {
  name: "ADDRESS,...",
  takes: "IP addresses with commas in between",
  json: "array",
  parse(text) {
    const words = text === "none" ? [] : text.split(",");
    return words.every(isAddress) ? Object.freeze(words) : undefined;
  },
  toJson: (words) => words,
};

/** Reports whether `text` is an IPv4 address in four decimal numbers, or an IPv6 address. */
export function isAddress(text: string): boolean {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    return text.split(".").every((byte) => String(Number(byte)) === byte && Number(byte) < 256);
  }
  return /^[\da-f:.]*:[\da-f:.]*$/i.test(text) && URL.canParse(`http://[${text}]/`);
}
