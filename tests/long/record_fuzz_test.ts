import { cipherTest } from "../support/channel/channel_fixture.ts";
import { attackRecords, refuseAnyBytes } from "../support/channel/record_fuzz.ts";

const COUNT = 10_000;

cipherTest(`${COUNT} attacks on records: only whole genuine records come out`, async () => {
  await attackRecords(COUNT);
});

cipherTest(`${COUNT} streams of any bytes are refused`, async () => {
  await refuseAnyBytes(COUNT);
});
