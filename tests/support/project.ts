/** The project as the architecture test sees it: its files, and which of them import which. */
import { parseSource, type Source } from "./source.ts";

/** The root of the project, with a slash at its end. */
export const ROOT = new URL("../../", import.meta.url);

/** Folders that are made, fetched, or data. */
const SKIPPED = new Set([".git", "node_modules", "dist", "bench-results", "tests/vectors"]);

/** The paths of all files below `folder`, from the root and with slashes. */
export function listFiles(folder = ""): string[] {
  const paths: string[] = [];
  for (const { name, isFile, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    const path = folder + name;
    if (SKIPPED.has(path)) continue;
    if (isFile) paths.push(path);
    if (isDirectory) paths.push(...listFiles(`${path}/`));
  }
  return paths.sort();
}

export function readText(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The import map in `deno.json`. */
export function readImportMap(): Map<string, string> {
  const config: { imports: Record<string, string> } = JSON.parse(readText("deno.json"));
  return new Map(Object.entries(config.imports));
}

/** Where an import leads. */
export type Target =
  | { kind: "file"; path: string } // of the project, or one that is not there
  | { kind: "package"; key: string } // of the import map
  | { kind: "builtin" } // `node:`
  | { kind: "unknown" };

/** TypeScript files by their paths from the root, and the imports between them. */
export class Modules {
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #importMap: ReadonlyMap<string, string>;

  constructor(texts: Iterable<[path: string, text: string]>, importMap: Map<string, string>) {
    this.#sources = new Map([...texts].map(([path, text]) => [path, parse(path, text)]));
    this.#importMap = importMap;
  }

  /** All paths, or the paths that start with one of `prefixes`. */
  paths(...prefixes: string[]): string[] {
    const all = [...this.#sources.keys()];
    return prefixes.length === 0 ? all : all.filter((path) => startsWithAny(path, prefixes));
  }

  has(path: string): boolean {
    return this.#sources.has(path);
  }

  /** Whether the code of `path`, seen without comments and strings, matches `pattern`. */
  matches(path: string, pattern: RegExp): boolean {
    return pattern.test(this.#source(path).code);
  }

  /** What `path` imports, as it is written; null for each dynamic import. */
  specifiers(path: string): readonly (string | null)[] {
    return this.#source(path).specifiers;
  }

  /** Where `specifier` leads when `from` imports it. */
  resolve(specifier: string, from: string): Target {
    if (/^\.\.?\//.test(specifier)) return { kind: "file", path: resolvePath(specifier, from) };
    if (specifier.startsWith("node:")) return { kind: "builtin" };
    const key = [...this.#importMap.keys()].find((key) =>
      key.endsWith("/") ? specifier.startsWith(key) : specifier === key
    );
    if (key === undefined) return { kind: "unknown" };
    const address = this.#importMap.get(key) ?? "";
    if (address.startsWith("./")) return { kind: "file", path: address.slice(2) };
    return { kind: "package", key };
  }

  /** The files of the project that `path` imports itself. */
  imports(path: string): string[] {
    return this.specifiers(path).flatMap((specifier) => {
      const target = specifier === null ? null : this.resolve(specifier, path);
      return target?.kind === "file" ? [target.path] : [];
    });
  }

  /** Every file that `path` reaches, with one way to it: `path`, …, the file. */
  reach(path: string): Map<string, string[]> {
    const ways = new Map<string, string[]>([[path, [path]]]);
    for (const [at, way] of ways) {
      if (!this.has(at)) continue;
      for (const next of this.imports(at)) {
        if (!ways.has(next)) ways.set(next, [...way, next]);
      }
    }
    return ways;
  }

  #source(path: string): Source {
    const source = this.#sources.get(path);
    if (!source) throw new RangeError(`there is no ${path}`);
    return source;
  }
}

/** The project's own modules. */
export function readModules(): Modules {
  const texts = listFiles().filter((path) => path.endsWith(".ts"))
    .map((path): [string, string] => [path, readText(path)]);
  return new Modules(texts, readImportMap());
}

/** `relative`, seen from the file `from`; with `../` at its start where it leaves the project. */
export function resolvePath(relative: string, from: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of relative.split("/")) {
    if (part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

export function startsWithAny(text: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => text.startsWith(prefix));
}

function parse(path: string, text: string): Source {
  try {
    return parseSource(text);
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
