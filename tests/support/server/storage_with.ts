/** A storage, or a part of one, of which a test replaces some operations. */

/** `storage`, but for the operations in `replaced`. */
export function storageWith<T extends object>(storage: T, replaced: Partial<T>): T {
  return new Proxy(storage, {
    get(_, name) {
      if (name in replaced) return Reflect.get(replaced, name);
      const own = Reflect.get(storage, name);
      return typeof own === "function" ? own.bind(storage) : own;
    },
  });
}
