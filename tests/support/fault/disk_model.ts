/**
 * A file system that knows what a power cut may take. What was fsynced stays. Of all else any part
 * may survive: any of the writes to a file, each torn into its sectors, and any of the changes of
 * the names in a folder. An fsync of a file covers its bytes and its size, not its name.
 */
import type { Bytes } from "../../../shared/bytes.ts";
import type { Chance } from "./chance.ts";

/** A write to a file, or a change of its size. */
type Change = { at: number; bytes: Bytes } | { size: number };

/** A name that is set or, without a node, removed; with `from` the node had that name before. */
interface Naming {
  name: string;
  node: Node | null;
  from?: string;
}

export type Node = FileNode | FolderNode;

/** What will certainly be there, and what may be: a part of each that a cut leaves. */
abstract class Unsynced<T> {
  protected pending: T[] = [];

  /** To be called when an fsync begins; what it returns, when it has succeeded. */
  beginSync(): () => void {
    const covered = new Set(this.pending);
    return () => {
      for (const change of this.pending) if (covered.has(change)) this.settle(change);
      this.pending = this.pending.filter((change) => !covered.has(change));
    };
  }

  protected abstract settle(change: T): void;
}

export class FileNode extends Unsynced<Change> {
  #content: Content = new Content();
  /** As programs see it. */
  #size = 0;

  get size(): number {
    return this.#size;
  }

  write(at: number, bytes: Bytes): void {
    this.pending.push({ at, bytes });
    this.#size = Math.max(this.#size, at + bytes.length);
  }

  resize(size: number): void {
    this.pending.push({ size });
    this.#size = size;
  }

  protected settle(change: Change): void {
    this.#content.apply(change);
  }

  /** Returns its bytes as programs see them. */
  whole(): Bytes {
    const content = this.#content.copy();
    for (const change of this.pending) content.apply(change);
    return content.bytes;
  }

  /** Returns what a cut leaves of it. */
  cut(chance: Chance, share: () => boolean): Bytes {
    const content = this.#content.copy();
    const sector = chance.pick([512, 4096]);
    for (const change of this.pending) {
      if ("size" in change) {
        if (share()) content.apply(change);
        continue;
      }
      const torn = chance.whole(3) === 0;
      if (!torn && !share()) continue;
      const { at, bytes } = change;
      for (let from = 0; from < bytes.length;) {
        const to = torn
          ? Math.min(bytes.length, from + sector - (at + from) % sector)
          : bytes.length;
        if (!torn || share()) content.apply({ at: at + from, bytes: bytes.subarray(from, to) });
        from = to;
      }
    }
    return content.bytes;
  }
}

export class FolderNode extends Unsynced<Naming> {
  readonly #synced = new Map<string, Node>();
  /** As programs see it. */
  readonly now = new Map<string, Node>();

  name(naming: Naming): void {
    this.pending.push(naming);
    rename(this.now, naming);
  }

  protected settle(naming: Naming): void {
    rename(this.#synced, naming);
  }

  /** Returns the names that a cut leaves. */
  cut(share: () => boolean): Map<string, Node> {
    const names = new Map(this.#synced);
    for (const naming of this.pending) if (share()) rename(names, naming);
    return names;
  }
}

/** Writes into the folder `path` what a power cut leaves of `folder`. */
export async function cutPower(folder: FolderNode, path: string, chance: Chance): Promise<void> {
  const likely = chance.pick([0, 0.1, 0.5, 0.9, 1]);
  const share = () => chance.whole(1000) < likely * 1000;
  await write(folder, path);

  async function write(folder: FolderNode, path: string): Promise<void> {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    for (const [name, node] of folder.cut(share)) {
      if (node instanceof FolderNode) await write(node, `${path}/${name}`);
      else await Deno.writeFile(`${path}/${name}`, node.cut(chance, share), { mode: 0o600 });
    }
  }
}

function rename(names: Map<string, Node>, { name, node, from }: Naming): void {
  if (from !== undefined && names.get(from) === node) names.delete(from);
  if (node) names.set(name, node);
  else names.delete(name);
}

/** Bytes that grow. */
class Content {
  #bytes: Bytes = new Uint8Array(0);
  #size = 0;

  get bytes(): Bytes {
    return this.#bytes.subarray(0, this.#size);
  }

  copy(): Content {
    const copy = new Content();
    copy.#bytes = this.bytes.slice();
    copy.#size = this.#size;
    return copy;
  }

  apply(change: Change): void {
    if ("size" in change) {
      this.#grow(change.size);
      this.#bytes.fill(0, Math.min(change.size, this.#size));
      this.#size = change.size;
    } else {
      const end = change.at + change.bytes.length;
      this.#grow(end);
      this.#bytes.set(change.bytes, change.at);
      this.#size = Math.max(this.#size, end);
    }
  }

  #grow(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
    grown.set(this.bytes);
    this.#bytes = grown;
  }
}
