/** A large file the whole way: read, encrypted, sent; received, decrypted, saved. */
import { Profile } from "../../client/profile/profile.ts";
import { networkOf } from "../support/client/network.ts";
import { perSecond, type Suite } from "./measure.ts";
import { FILE_SIZE, MB, randomBytes, STEP } from "./workload.ts";
import { newClient } from "../support/new_client.ts";

const NAMES = { sender: "bench sender", receiver: "bench receiver" };

/** The client's own operations, from a file on the sender's disk to one on the receiver's. */
export const clientFiles: Suite = {
  rows: [{
    name: "client-send-file",
    title: "Up by the client: read, encrypted, sent",
    unit: "MB/s",
    limits: ["loopback", "disk"],
    includesClient: true,
  }, {
    name: "client-receive",
    title: "Down by the client: saved and decrypted",
    unit: "MB/s",
    limits: ["loopback", "disk"],
    includesClient: true,
  }],
  async open({ server: { port }, folder }) {
    const source = `${folder}/source`;
    const inbox = `${folder}/inbox`;
    await writeRandomFile(source);
    const clientOf = async (name: string) => {
      const profile = await Profile.open(`${folder}/${name}`);
      const client = newClient(profile, networkOf(profile, port));
      await client.register(name, { classic: true });
      return client;
    };
    const sender = await clientOf(NAMES.sender);
    const receiver = await clientOf(NAMES.receiver);
    await sender.sendKey(NAMES.receiver);
    for await (const _ of receiver.receive(inbox, ignore));

    async function send(): Promise<number> {
      await sender.sendFile(NAMES.receiver, source, ignore);
      return FILE_SIZE / MB;
    }
    async function receive(): Promise<number> {
      let received = 0;
      for await (const message of receiver.receive(inbox, ignore)) {
        if (message.type === "file") received += message.size;
      }
      if (received !== FILE_SIZE) throw new Error(`${received} bytes were received`);
      return received / MB;
    }
    return async () => {
      const figures = [await perSecond(send), await perSecond(receive)];
      await Deno.remove(inbox, { recursive: true });
      return figures;
    };
  },
};

function ignore(): void {}

async function writeRandomFile(path: string): Promise<void> {
  const step = randomBytes(STEP);
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let at = 0; at < FILE_SIZE; at += STEP) {
    for (let written = 0; written < STEP;) written += await file.write(step.subarray(written));
  }
}
