/** Values as lines of JSON, on a connection between processes of one owner. */
import { concat, fromUtf8, utf8 } from "../../shared/bytes.ts";
import { type ByteSource, type PartialWriter, writeAll } from "../../shared/io.ts";
import { KiB, MiB } from "../../shared/limits.ts";

/** Longest line, in bytes. */
const MAX_LINE = MiB;
const STEP = 64 * KiB;
const LINE_END = 0x0a;

export async function writeJsonLine(conn: PartialWriter, value: unknown): Promise<void> {
  await writeAll(conn, utf8(`${JSON.stringify(value)}\n`));
}

/**
 * Returns the values of the lines that come. What stands behind the last line end is passed over.
 * @throws {Error} for a line that is too long, or is not JSON
 */
export async function* readJsonLines(source: ByteSource): AsyncGenerator<unknown> {
  const buffer = new Uint8Array(STEP);
  let line = new Uint8Array(0);
  for (let count; (count = await source.read(buffer)) !== null;) {
    let rest = buffer.subarray(0, count);
    for (let end; (end = rest.indexOf(LINE_END)) >= 0; rest = rest.subarray(end + 1)) {
      yield JSON.parse(fromUtf8(concat(line, rest.subarray(0, end))));
      line = new Uint8Array(0);
    }
    line = concat(line, rest);
    if (line.length > MAX_LINE) throw new Error("a line is too long");
  }
}
