import { parseSize, sizesText, sizeText } from "../../shared/size.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("size: what people write", () => {
  const cases: [text: string, size: number | null][] = [
    ["0", 0],
    ["1000", 1000],
    ["7B", 7],
    ["10K", 10_240],
    ["10M", 10 * 2 ** 20],
    ["10m", 10 * 2 ** 20],
    ["1.5G", 1.5 * 2 ** 30],
    ["4GiB", 4 * 2 ** 30],
    ["4 GiB", 4 * 2 ** 30],
    ["2T", 2 ** 41],
    ["0.0001K", null],
    ["1.25K", 1280],
    ["999999999999T", null],
    ["", null],
    ["M", null],
    ["-1", null],
    ["1e3", null],
    ["0x10", null],
    ["10GB", null], // a thousand, or 1,024?
    ["10P", null],
    ["1,5G", null],
    ["iB", null],
    ["5iB", null],
  ];
  for (const [text, size] of cases) assertEquals(parseSize(text), size, text);
});

Deno.test("size: what people read, which is never more than there is", () => {
  const cases: [size: number, text: string][] = [
    [0, "0 bytes"],
    [1, "1 byte"],
    [17, "17 bytes"],
    [1023, "1023 bytes"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [2 ** 20 - 1, "1023 KiB"],
    [2 ** 20, "1 MiB"],
    [120 * 2 ** 20, "120 MiB"],
    [99.99 * 2 ** 20, "99.9 MiB"],
    [4.5 * 2 ** 30, "4.5 GiB"],
    [2 ** 53, "8192 TiB"],
  ];
  for (const [size, text] of cases) assertEquals(sizeText(size), text);
});

Deno.test("size: two in one unit", () => {
  assertEquals(sizesText(45 * 2 ** 20, 120 * 2 ** 20), "45 of 120 MiB");
  assertEquals(sizesText(0, 120 * 2 ** 20), "0 of 120 MiB");
  assertEquals(sizesText(1, 2), "1 of 2 bytes");
  assertEquals(sizesText(2 ** 29, 2 ** 31), "0.5 of 2 GiB");
});
