/** The configuration of a server: every setting, from wherever it is set. */
import { didYouMean, UsageError } from "../../shared/args.ts";
import type { Given } from "../../shared/command_line.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits/limits.ts";
import type { Json } from "./kinds.ts";
import {
  optionOf,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  type Settings,
  textOf,
  variableOf,
} from "./settings.ts";

export interface Config {
  readonly settings: Settings;
  /** All limits, also those that no setting changes. */
  readonly limits: Readonly<Limits>;
  /** Where each setting comes from, such as --port, MESSAGING_PORT or default. */
  readonly sources: Readonly<Record<SettingName, string>>;
}

/** Where settings come from. */
export interface Sources {
  /** The options of the command line. */
  readonly given: Given;
  readonly environment: (variable: string) => string | undefined;
  /** Returns the text of a file, or undefined if there is none. */
  readonly readFile: (path: string) => Promise<string | undefined>;
}

/** What sets something, as text. */
interface Found {
  readonly text: string;
  /** What errors call it, such as --port, or FILE: "port". */
  readonly place: string;
  readonly source: string;
}

/** One way to set things. Returns undefined for what it does not set. */
type Way = (name: SettingName) => Found | undefined;

/**
 * Returns the configuration, frozen. An option goes before the environment, that before the file
 * of --config, and that before the default. For the port, `port.info` in the data folder comes
 * before the default.
 * @throws {UsageError} naming the value that is wrong and its place
 */
export async function loadConfig({ given, environment, readFile }: Sources): Promise<Config> {
  const ways = [fromOptions(given), fromEnvironment(environment)];
  const variable = variableOf("config");
  const file = given.config || environment(variable);
  const place = given.config ? "--config" : variable;
  if (file) ways.push(await fromFile({ path: `${file}`, place }, readFile));
  const find = (name: SettingName) => ways.map((way) => way(name)).find((found) => found);
  const found = Object.fromEntries(SETTING_NAMES.map((name) => [name, find(name)]));
  const data = found.data ? parsed("data", found.data) : settingOf("data").default;
  found.port ??= await fromPortInfo(`${data}/port.info`, readFile);
  const each = <T>(make: (name: SettingName, found: Found | undefined) => T) =>
    Object.freeze(Object.fromEntries(SETTING_NAMES.map((name) => [name, make(name, found[name])])));
  const settings = each((name, found) => found ? parsed(name, found) : settingOf(name).default);
  const sources = each((_, found) => found?.source ?? "default");
  return Object.freeze({
    settings: settings as Settings,
    limits: limitsOf(settings as Settings),
    sources: sources as Config["sources"],
  });
}

/** @throws {UsageError} */
function parsed(name: SettingName, { text, place }: Found): unknown {
  const { kind } = settingOf(name);
  const value = kind.parse(text);
  if (value === undefined) throw new UsageError(`${place} takes ${kind.takes}, not "${text}"`);
  return value;
}

function limitsOf(settings: Settings): Readonly<Limits> {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of SETTING_NAMES) {
    const { limit } = settingOf(name);
    if (limit !== undefined) limits[limit] = settings[name] as number;
  }
  return Object.freeze(limits);
}

function fromOptions(given: Given): Way {
  return (name) => {
    const option = optionOf(name);
    const value = given[option];
    if (!value) return undefined;
    // A flag has no value; it says the opposite of the default.
    const text = typeof value === "string" ? value : textOf(!settingOf(name).default);
    return { text, place: `--${option}`, source: `--${option}` };
  };
}

/** An empty variable is one that is not set. */
function fromEnvironment(environment: Sources["environment"]): Way {
  return (name) => {
    const variable = variableOf(name);
    const text = environment(variable);
    return text ? { text, place: variable, source: variable } : undefined;
  };
}

/** @throws {UsageError} if the file is missing, is not JSON, or has something else in it */
async function fromFile(
  { path, place }: { path: string; place: string },
  readFile: Sources["readFile"],
): Promise<Way> {
  const text = await readFile(path).catch((error) => {
    throw new UsageError(`${place}: ${error.message}`);
  });
  if (text === undefined) throw new UsageError(`${place}: there is no file ${path}`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new UsageError(`${path} must hold one JSON object, such as {"port": 1234}`);
  }
  const values = new Map(Object.entries(content));
  for (const key of values.keys()) {
    if (SETTING_NAMES.includes(key as SettingName)) continue;
    throw new UsageError(`${path}: unknown key "${key}"${didYouMean(key, SETTING_NAMES)}`);
  }
  return (name) => {
    const value = values.get(name);
    const place = `${path}: "${name}"`;
    if (value !== undefined) return { text: jsonText(name, value, place), place, source: path };
  };
}

/** Returns the text for `value`. @throws {UsageError} if its type is not one of the setting's */
function jsonText(name: SettingName, value: unknown, place: string): string {
  const { kind } = settingOf(name);
  const words = Array.isArray(value) && value.every((word) => typeof word === "string");
  const type = words ? "array" : typeof value;
  if (type === "string" || type === kind.json) return textOf(value as Json);
  throw new UsageError(`${place} takes ${kind.takes}, not ${JSON.stringify(value)}`);
}

async function fromPortInfo(
  path: string,
  readFile: Sources["readFile"],
): Promise<Found | undefined> {
  const text = (await readFile(path).catch((error) => {
    throw new Error(`${error.message}; is --data right?`);
  }))?.trim();
  if (text === undefined) return undefined;
  if (settingOf("port").kind.parse(text) !== undefined) return { text, place: path, source: path };
  throw new Error(`${path} must hold one port number, from 0 to 65535`);
}
