/**
 * Layouts: how the values of a payload lie behind each other. One description states the sizes,
 * writes and reads, so these cannot disagree. Integers are little-endian.
 */
import { type Bytes, fromUtf8, utf8 } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { ProtocolError } from "../errors.ts";
import { CLIENT_ID_SIZE, MAX_U32 } from "../limits.ts";

/** How a value of type `T` is written. */
export interface Layout<T> {
  /** Fewest and most bytes of a value. */
  readonly min: number;
  readonly max: number;
  /** Bytes of `value`. */
  size(value: T): number;
  /** @throws {RangeError} for a value that does not fit */
  write(writer: Writer, value: T): void;
  /** @throws {ProtocolError} `malformed` */
  read(reader: Reader): T;
}

/** The layouts of an object's properties, in the order in which they are written. */
export type Fields = Record<string, Layout<unknown>>;

/** What a layout describes. */
export type ValueOf<L> = L extends Layout<infer T> ? T : never;

/** The object that `F` describes. What is {@link optional} may be left out. */
export type ValuesOf<F extends Fields> =
  & { [K in RequiredKey<F>]: ValueOf<F[K]> }
  & { [K in Exclude<keyof F, RequiredKey<F>>]?: ValueOf<F[K]> };

type RequiredKey<F extends Fields> = {
  [K in keyof F]: undefined extends ValueOf<F[K]> ? never : K;
}[keyof F];

/** The bytes of `value`. */
export function encode<T>(layout: Layout<T>, value: T): Bytes {
  const writer = new Writer(layout.size(value));
  layout.write(writer, value);
  return writer.done();
}

/**
 * The value that fills `bytes` exactly.
 * @throws {ProtocolError} `malformed`
 */
export function decode<T>(layout: Layout<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = layout.read(reader);
  reader.end();
  return value;
}

/** A value that always has `size` bytes. */
export function fixed<T>(
  size: number,
  write: (writer: Writer, value: T) => void,
  read: (reader: Reader) => T,
): Layout<T> {
  return { min: size, max: size, size: () => size, write, read };
}

/** `size` bytes. */
export function bytes(size: number): Layout<Bytes> {
  return fixed(size, (writer, value) => writer.bytes(value, size), (reader) => reader.bytes(size));
}

/** `size` bytes; what is read shares the memory of the payload. */
export function view(size: number): Layout<Bytes> {
  return { ...bytes(size), read: (reader) => reader.view(size) };
}

/** A client ID, 16 bytes. */
export const clientId: Layout<Bytes> = bytes(CLIENT_ID_SIZE);

/** A whole number below 2^32, 4 bytes. */
export const u32: Layout<number> = fixed(
  4,
  (writer, value) => writer.u32(value),
  (reader) => reader.u32(),
);

/** Yes (1) or no (0), 1 byte. */
export const flag: Layout<boolean> = fixed(
  1,
  (writer, value) => writer.u8(value ? 1 : 0),
  (reader) => {
    const value = reader.u8();
    if (value > 1) throw new ProtocolError("malformed", `a flag is 0 or 1, not ${value}`);
    return value === 1;
  },
);

/** Bytes behind their number, 4 bytes. */
export const sizedBytes: Layout<Bytes> = {
  min: 4,
  max: MAX_U32,
  size: (value) => 4 + value.length,
  write: (writer, value) => writer.u32(value.length).bytes(value),
  read: (reader) => reader.bytes(reader.u32()),
};

/** The same; what is read shares the memory of the payload. */
export const sizedView: Layout<Bytes> = {
  ...sizedBytes,
  read: (reader) => reader.view(reader.u32()),
};

/** All that is left, `min` to `max` bytes; what is read shares the memory of the payload. */
export function rest(min: number, max: number): Layout<Bytes> {
  return {
    min,
    max,
    size: (value) => value.length,
    write: (writer, value) => writer.bytes(value),
    read(reader) {
      const { left } = reader;
      if (left >= min && left <= max) return reader.rest();
      throw new ProtocolError("malformed", `${left} bytes where ${min} to ${max} are expected`);
    },
  };
}

/** All that is left as a text of at most `max` bytes of UTF-8. */
export function text(max: number): Layout<string> {
  return {
    min: 0,
    max,
    size: (value) => utf8(value).length,
    write(writer, value) {
      const bytes = utf8(value);
      if (bytes.length > max) throw new RangeError(`the text has more than ${max} bytes`);
      writer.bytes(bytes);
    },
    read(reader) {
      if (reader.left > max) {
        throw new ProtocolError("malformed", `the text has more than ${max} bytes`);
      }
      try {
        return fromUtf8(reader.rest());
      } catch {
        throw new ProtocolError("malformed", "the text is not UTF-8");
      }
    },
  };
}

/** All that is left as `min` to `max` values of one layout. */
export function list<T>(item: Layout<T>, { min = 0, max = Infinity } = {}): Layout<T[]> {
  return {
    min: min * item.min,
    max: Math.min(MAX_U32, max * item.max),
    size: (values) => values.reduce((sum, value) => sum + item.size(value), 0),
    write(writer, values) {
      for (const value of values) item.write(writer, value);
    },
    read(reader) {
      const values: T[] = [];
      while (reader.left > 0) values.push(item.read(reader));
      if (values.length >= min && values.length <= max) return values;
      throw new ProtocolError("malformed", `${values.length} values in a list of ${min} to ${max}`);
    },
  };
}

/** A value that may be missing, where the payload ends before it. */
export function optional<T>(item: Layout<T>): Layout<T | undefined> {
  return {
    min: 0,
    max: item.max,
    size: (value) => value === undefined ? 0 : item.size(value),
    write(writer, value) {
      if (value !== undefined) item.write(writer, value);
    },
    read: (reader) => reader.left === 0 ? undefined : item.read(reader),
  };
}

/** An object whose properties lie behind each other in the order of `layouts`. */
export function fields<F extends Fields>(layouts: F): Layout<ValuesOf<F>> {
  const all = Object.entries(layouts);
  const valueOf = (values: ValuesOf<F>, name: string) => (values as Record<string, unknown>)[name];
  const min = all.reduce((sum, [, layout]) => sum + layout.min, 0);
  const max = Math.min(MAX_U32, all.reduce((sum, [, layout]) => sum + layout.max, 0));
  return {
    min,
    max,
    size: (values) =>
      min === max
        ? min
        : all.reduce((sum, [name, layout]) => sum + layout.size(valueOf(values, name)), 0),
    write(writer, values) {
      for (const [name, layout] of all) layout.write(writer, valueOf(values, name));
    },
    read(reader) {
      const values: Record<string, unknown> = {};
      for (const [name, layout] of all) {
        const value = layout.read(reader);
        if (value !== undefined) values[name] = value;
      }
      return values as ValuesOf<F>;
    },
  };
}
