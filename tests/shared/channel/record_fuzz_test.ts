import { attackRecords, refuseAnyBytes } from "../../support/channel/record_fuzz.ts";

const COUNT = 1_000;

Deno.test(`${COUNT} attacks on records: only whole genuine records come out`, async () => {
  await attackRecords(COUNT);
});

Deno.test(`${COUNT} streams of any bytes are refused`, async () => {
  await refuseAnyBytes(COUNT);
});
