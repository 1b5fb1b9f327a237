/** Carries out on a {@link FolderNode} what processes did to one folder of the disk. */
import { FileNode, FolderNode, type Node } from "./disk_model.ts";
import { bytesOf, type SystemCall, textOf } from "./system_calls.ts";

/** An open file or folder. */
interface Open {
  node: Node;
  /** Where the next read or write is. */
  at: number;
}

export class RecordedDisk {
  readonly root = new FolderNode();
  #open = new Map<number, Open>();
  /** What an fsync that is under way covers, by its arguments. */
  readonly #syncs = new Map<string, () => void>();
  /** Changes so far: writes, names, and fsyncs. */
  steps = 0;

  /** `path` is that of the folder; there was nothing in it at the start. */
  constructor(private readonly path: string) {}

  /** All files are closed: another process begins. */
  restart(): void {
    this.#open = new Map();
    this.#syncs.clear();
  }

  apply({ name, args, result, begins }: SystemCall): void {
    const fd = Number(args[0]);
    if (name === "fsync" || name === "fdatasync") return this.#sync(fd, begins);
    // Before a close has returned, another thread may have opened a file under the same number.
    if (name === "close" && begins) this.#open.delete(fd);
    if (begins || name === "close") return;
    switch (name) {
      case "openat":
        return this.#openFile(args, result);
      case "fcntl":
        if (args[1].startsWith("F_DUPFD")) this.#duplicate(fd, result);
        return;
      case "dup":
      case "dup2":
      case "dup3":
        return this.#duplicate(fd, result);
      case "lseek": {
        const open = this.#open.get(fd);
        if (open) open.at = result;
        return;
      }
      case "write": {
        const open = this.#open.get(fd);
        if (!open) return;
        this.#fileOf(fd)?.write(open.at, bytesOf(args[1]).subarray(0, result));
        open.at += result;
        this.steps++;
        return;
      }
      case "pwrite64": {
        const file = this.#fileOf(fd);
        if (!file) return;
        file.write(Number(args[3]), bytesOf(args[1]).subarray(0, result));
        this.steps++;
        return;
      }
      case "ftruncate":
        this.#fileOf(fd)?.resize(Number(args[1]));
        return;
      case "mkdir":
        return this.#make(textOf(args[0]), () => new FolderNode());
      case "mkdirat":
        return this.#make(textOf(args[1]), () => new FolderNode());
      case "unlink":
      case "rmdir":
        return this.#remove(textOf(args[0]));
      case "unlinkat":
        return this.#remove(textOf(args[1]));
      case "rename":
        return this.#rename(textOf(args[0]), textOf(args[1]));
      case "renameat":
      case "renameat2":
        return this.#rename(textOf(args[1]), textOf(args[3]));
      case "link":
        return this.#link(textOf(args[0]), textOf(args[1]));
      case "linkat":
        return this.#link(textOf(args[1]), textOf(args[3]));
      default: // what nobody has used so far: a record of it would be missing something
        if (this.#open.has(fd)) throw new Error(`the model of the disk does not know ${name}`);
    }
  }

  /** Returns the file at `path`, as programs see it. */
  node(path: string): Node | undefined {
    const place = this.#place(path);
    return place && (place.name === "" ? place.folder : place.folder.now.get(place.name));
  }

  #sync(fd: number, begins: boolean): void {
    const node = this.#open.get(fd)?.node;
    if (!node) return;
    const key = String(fd);
    if (begins) {
      this.#syncs.set(key, node.beginSync());
      return;
    }
    this.#syncs.get(key)?.();
    this.#syncs.delete(key);
    this.steps++;
  }

  #openFile([, path, flags]: string[], fd: number): void {
    this.#open.delete(fd);
    const text = textOf(path);
    if (!this.#place(text)) return;
    if (flags.includes("O_CREAT") && !this.node(text)) this.#make(text, () => new FileNode());
    const node = this.node(text);
    if (!node) throw new Error(`the model of the disk has no ${text}`);
    if (flags.includes("O_TRUNC") && node instanceof FileNode && node.size > 0) node.resize(0);
    this.#open.set(fd, { node, at: 0 });
  }

  /** Both have one place where the next read or write is. */
  #duplicate(fd: number, copy: number): void {
    const open = this.#open.get(fd);
    if (open) this.#open.set(copy, open);
    else this.#open.delete(copy);
  }

  #fileOf(fd: number): FileNode | undefined {
    const node = this.#open.get(fd)?.node;
    return node instanceof FileNode ? node : undefined;
  }

  #make(path: string, make: () => Node): void {
    const place = this.#place(path);
    if (!place) return;
    place.folder.name({ name: place.name, node: make() });
    this.steps++;
  }

  #remove(path: string): void {
    const place = this.#place(path);
    if (!place) return;
    place.folder.name({ name: place.name, node: null });
    this.steps++;
  }

  #rename(from: string, to: string): void {
    const [old, place] = [this.#place(from), this.#place(to)];
    if (!old && !place) return;
    const node = this.node(from);
    if (!old || !place || !node || old.folder !== place.folder) {
      throw new Error("the model of the disk renames only in a folder");
    }
    place.folder.name({ name: place.name, node, from: old.name });
    this.steps++;
  }

  #link(from: string, to: string): void {
    const place = this.#place(to);
    if (!place) return;
    place.folder.name({ name: place.name, node: this.node(from)! });
    this.steps++;
  }

  /** Returns the folder and the last name of `path`; undefined if it is elsewhere. */
  #place(path: string): { folder: FolderNode; name: string } | undefined {
    if (path !== this.path && !path.startsWith(`${this.path}/`)) return undefined;
    const names = path.slice(this.path.length).split("/").filter((name) => name !== "");
    const name = names.pop() ?? "";
    let folder = this.root;
    for (const part of names) {
      const next = folder.now.get(part);
      if (!(next instanceof FolderNode)) return undefined;
      folder = next;
    }
    return { folder, name };
  }
}
