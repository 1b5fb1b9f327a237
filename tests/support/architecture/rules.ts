/**
 * The rules of the architecture. Each returns what breaks it, one text each, so that the tests can
 * show both that the project keeps them and that they notice what does not.
 */
import type { Imports } from "./project.ts";
import type { Use } from "./uses.ts";

const PRODUCT = ["server/", "client/", "shared/"];

/** A room of the house, a folder or a file, and the rooms that it may import. */
export type Rooms = Record<string, readonly string[]>;

/** No module of the product imports another only while it runs. */
export function dynamicImports(imports: Imports): string[] {
  return among(imports, PRODUCT).flatMap(([path, imported]) =>
    imported.flatMap(({ dynamic, file, specifier }) =>
      dynamic ? [`${path} imports ${file ?? specifier} dynamically`] : []
    )
  );
}

/**
 * Returns what is loaded before the first line of the module `from` runs: files of the project, and
 * packages, in the order of their names.
 */
export function loadedAtOnce(
  imports: Imports,
  from: string,
): { files: string[]; packages: string[] } {
  const files = new Set([from]);
  const packages = new Set<string>();
  for (const path of files) {
    for (const { file, specifier, dynamic, types } of imports.get(path) ?? []) {
      if (dynamic || types) continue;
      if (file !== null) files.add(file);
      else packages.add(specifier);
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** Every key of the import map is imported somewhere. */
export function unusedEntries(imports: Imports, importMap: readonly string[]): string[] {
  const used = [...imports.values()].flat().map(({ specifier }) => specifier);
  return importMap.filter((key) =>
    !used.some((used) => key.endsWith("/") ? used.startsWith(key) : used === key)
  );
}

/** Nothing that starts with `from` reaches, by any way, what starts with one of `forbidden`. */
export function forbiddenReach(imports: Imports, from: string, forbidden: string[]): string[] {
  return among(imports, [from]).flatMap(([path]) =>
    [...reach(imports, path)].flatMap(([reached, way]) =>
      startsWithAny(reached, forbidden) ? [way.join(" > ")] : []
    )
  );
}

/** No module imports itself, by any way. Each circle is told once, from its first module on. */
export function circles(imports: Imports): string[] {
  return [...imports.keys()].sort().flatMap((path) => {
    for (const { file } of imports.get(path) ?? []) {
      const way = file === null ? undefined : reach(imports, file).get(path);
      if (way && way.every((other) => other >= path)) return [[path, ...way].join(" > ")];
    }
    return [];
  });
}

/**
 * A module imports from its own room, from those that its room may import, and from those that
 * `everybody` may. Each room is in the table; where a path is in several, the longest name counts.
 */
export function strayImports(imports: Imports, rooms: Rooms, everybody: string[] = []): string[] {
  const names = Object.keys(rooms).sort((a, b) => b.length - a.length);
  const roomOf = (path: string) => names.find((name) => path.startsWith(name));
  return among(imports, PRODUCT).flatMap(([path, imported]) => {
    const room = roomOf(path);
    if (room === undefined) return [`${path} is in no room`];
    const others = room.startsWith("shared/") ? [] : everybody;
    const allowed = [room, ...rooms[room]];
    return imported.flatMap(({ file }) => {
      if (file === null || !startsWithAny(file, PRODUCT)) return [];
      const home = roomOf(file);
      const fine = home !== undefined && allowed.includes(home) || startsWithAny(file, others);
      return fine ? [] : [`${path} > ${file}`];
    });
  });
}

/**
 * Exactly the modules in `allowed` (a name that ends with a slash: any below it) use this. An entry
 * that no longer needs to be there breaks the rule, too.
 */
export function usesOutside(
  used: ReadonlyMap<string, ReadonlySet<Use>>,
  use: Use,
  allowed: readonly string[],
): string[] {
  const using = [...used].flatMap(([path, uses]) => uses.has(use) ? [path] : []);
  const covers = (entry: string, path: string) =>
    entry.endsWith("/") ? path.startsWith(entry) : path === entry;
  return [
    ...using.filter((path) => !allowed.some((entry) => covers(entry, path)))
      .map((path) => `${path} is not on the list`),
    ...allowed.filter((entry) => !using.some((path) => covers(entry, path)))
      .map((entry) => `${entry} need not be on the list`),
  ];
}

/** Modules and packages that start with a key are imported only below (or by) its folders. */
export function misplacedImports(imports: Imports, homes: Record<string, string[]>): string[] {
  return among(imports, PRODUCT).flatMap(([path, imported]) =>
    imported.flatMap(({ specifier }) => {
      const home = Object.entries(homes).find(([prefix]) => specifier.startsWith(prefix));
      return home && !startsWithAny(path, home[1]) ? [`${path} imports ${specifier}`] : [];
    })
  );
}

/**
 * Reports whether `text`, the content of the file `path`, names a `shared` folder outside the
 * project.
 */
export function namesOutside(path: string, text: string): boolean {
  // Code and documents name paths as seen from themselves, all else as seen from the root.
  const depth = /\.(ts|md)$/.test(path) ? path.split("/").length - 1 : 0;
  const named = text.match(/(?:\.\.\/)+shared\b/g) ?? [];
  return named.some((relative) => relative.split("../").length - 1 > depth);
}

function among(imports: Imports, prefixes: readonly string[]) {
  return [...imports].filter(([path]) => startsWithAny(path, prefixes));
}

/** Every file that `path` reaches, with one way to it: `path`, …, the file. */
function reach(imports: Imports, path: string): Map<string, string[]> {
  const ways = new Map<string, string[]>([[path, [path]]]);
  for (const [at, way] of ways) {
    for (const { file } of imports.get(at) ?? []) {
      if (file !== null && !ways.has(file)) ways.set(file, [...way, file]);
    }
  }
  return ways;
}

function startsWithAny(text: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => text.startsWith(prefix));
}
