/** A folder for one test. */

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  /** The names of all that lies in it, sorted. */
  names(): string[];
}

/** Makes an empty folder, on another disk where `parent` is one; disposing of it removes it. */
export async function tempFolder(parent?: string): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ dir: parent, prefix: "test_" });
  return {
    path,
    names: () => [...Deno.readDirSync(path)].map(({ name }) => name).sort(),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
