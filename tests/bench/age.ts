/** `age` as the peer of files: encryption and decryption alone, from one file to nowhere. */
import { type Figure, perSecond, type Suite } from "./measure.ts";
import { writeRandom } from "./files.ts";
import { needProgram, runProgram } from "./programs.ts";
import { FILE_SIZE, MB } from "./workload.ts";

export const ageFiles: Suite = {
  rows: [
    { name: "age-encrypt", title: "age, encryption alone", unit: "MB/s" },
    { name: "age-decrypt", title: "age, decryption alone", unit: "MB/s" },
  ],
  prepare: (signal) => needProgram("age", "age", signal),
  async open({ folder, signal }) {
    const [key, plain, sealed] = ["key", "plain", "sealed"].map((name) => `${folder}/age-${name}`);
    const age = (...args: string[]) => runProgram(["age", "--identity", key, ...args], { signal });
    await runProgram(["age-keygen", "--output", key], { signal });
    await writeRandom(plain, FILE_SIZE);
    await age("--encrypt", "--output", sealed, plain);
    const rateOf = async (...args: string[]): Promise<Figure> => {
      const { value } = await perSecond(async () => {
        await age("--output", "/dev/null", ...args);
        return FILE_SIZE / MB;
      });
      return { value };
    };
    return async () => [await rateOf("--encrypt", plain), await rateOf("--decrypt", sealed)];
  },
};
