/**
 * What an operator can set. Each setting is one entry of {@link SETTINGS}; its option, its variable
 * of the environment, its key in a file, its help and its check follow from that:
 *
 * `log-level` is --log-level, MESSAGING_LOG_LEVEL and "log-level".
 */
import type { Option } from "../../shared/command.ts";
import { MiB } from "../../shared/limits.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits/limits.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../log.ts";
import {
  addresses,
  choice,
  count,
  days,
  endpoint,
  type Json,
  type Kind,
  onOff,
  port,
  seconds,
  size,
  text,
} from "./kinds.ts";

/** A limit that is one number. */
type NumberLimit = { [K in keyof Limits]: Limits[K] extends number ? K : never }[keyof Limits];

interface Setting<T> {
  readonly kind: Kind<T>;
  readonly default: T;
  /** Without a full stop. */
  readonly help: string;
  /** What help says of the default, where the value does not say it. */
  readonly byDefault?: string;
  /** The limit that it is. */
  readonly limit?: NumberLimit;
  /** An option without a value that sets the opposite of the default, in place of one with. */
  readonly flag?: string;
}

/** A setting of which only the declaration knows the type. */
// deno-lint-ignore no-explicit-any
type AnySetting = Setting<any>;

/** Declares a setting that is one of the limits, and has its default. */
function limit(name: NumberLimit, kind: Kind<number>, help: string): Setting<number> {
  return { kind, default: DEFAULT_LIMITS[name], help, limit: name };
}

function setting<T>(kind: Kind<T>, value: T, help: string, rest: {
  byDefault?: string;
  flag?: string;
} = {}): Setting<T> {
  return { kind, default: value, help, ...rest };
}

export const SETTINGS = {
  "host": setting(text("HOST", "an address"), "0.0.0.0", "Address to listen on", {
    byDefault: "0.0.0.0, all networks",
  }),
  "port": setting(port, 1234, "Port to listen on; 0 takes a free one", {
    byDefault: "port.info in the data folder, else 1234",
  }),
  "data": setting(
    text("DIR", "a folder"),
    ".",
    "Folder of all that the server keeps; created if missing",
    { byDefault: "the current folder" },
  ),
  "quota": limit("maxSenderSize", size(), "Bytes that one sender may store, such as 500M or 2T"),
  "total": limit("maxTotalSize", size(), "Bytes that all senders may store together"),
  "expire": limit("expiry", days, "Delete messages and files that nobody fetched for this long"),
  "reserve": limit("reserve", size(), "Space on the disk that files leave free for all else"),
  "memory": limit("memory", size({ least: 64 * MiB }), "Memory for all buffers together"),
  "connections": limit(
    "maxConnections",
    count({ least: 1, most: 1_000_000 }),
    "Connections at a time",
  ),
  "exempt": setting(
    addresses,
    Object.freeze([]),
    "Addresses that the limits for each address leave out, such as a proxy in front",
    { byDefault: "none" },
  ),
  "registration": setting(
    choice("open", "invite", "closed"),
    "open",
    "Who may register: everyone, whoever has a code, nobody",
  ),
  "directory": setting(onOff, true, "Whether clients may list the others"),
  "classic": setting(
    onOff,
    true,
    "Refuse clients that speak the old, unauthenticated protocol",
    { flag: "no-classic" },
  ),
  "admin": setting(endpoint, null, "Address of metrics and health checks, by HTTP"),
  "log": setting(choice(...LOG_FORMATS), "json", "Form of the log, on standard error"),
  "log-level": setting(
    choice(...LOG_LEVELS),
    "info",
    "The least important lines that are logged",
  ),
  "log-addresses": setting(onOff, false, "Log the addresses of clients", {
    flag: "log-addresses",
  }),
  "drain": limit("stopDeadline", seconds, "Time to finish what is under way when it stops"),
} as const satisfies Record<string, AnySetting>;

export type SettingName = keyof typeof SETTINGS;
export type Settings = {
  readonly [K in SettingName]: typeof SETTINGS[K] extends Setting<infer T> ? T : never;
};

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Returns the entry of a setting, whatever the type of its value. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name] as AnySetting;
}

/** Returns the variable of the environment that sets `name`. */
export function variableOf(name: string): string {
  return `MESSAGING_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** Returns the option that sets `name`, without dashes. */
export function optionOf(name: SettingName): string {
  return settingOf(name).flag ?? name;
}

/** The options that are settings, as a command line declares them. */
export const SETTING_OPTIONS: Readonly<Record<string, Option>> = Object.fromEntries(
  SETTING_NAMES.map((name) => {
    const { kind, flag, help, byDefault } = settingOf(name);
    if (flag !== undefined) return [flag, { help }];
    const usual = byDefault ?? textOf(kind.toJson(settingOf(name).default));
    return [name, { value: kind.name, help: `${help} (default: ${usual})` }];
  }),
);

/** Returns the text from which a kind parses what stands in a file as `json`. */
export function textOf(json: Json): string {
  if (typeof json === "boolean") return json ? "on" : "off";
  if (typeof json === "object") return json.length === 0 ? "none" : json.join(",");
  return String(json);
}
