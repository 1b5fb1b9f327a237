/** Texts the whole way: from one client's `sendText`, over the server, to another one's user. */
import type { Client } from "../../client/client.ts";
import { Profile } from "../../client/profile/profile.ts";
import { networkOf } from "../support/client/network.ts";
import { newClient } from "../support/new_client.ts";
import { type Environment, perSecond, type Row, type Suite } from "./measure.ts";
import { MESSAGE_SIZE } from "./workload.ts";

/** Messages of a round, all sent at the same time. */
const COUNT = 2048;
const TEXT = "x".repeat(MESSAGE_SIZE);
const limits = ["sqlite-batches", "secure-send-1-pipelined"];

const rows: readonly Row[] = [
  { name: "path-send", title: `Sent by a client, ${COUNT} at a time` },
  { name: "path-receive", title: "Received by a client that polls" },
  { name: "path-poll", title: "Both, one after the other" },
  { name: "path-follow", title: "From a client to one that follows" },
].map((row) => ({ ...row, unit: "/s", limits, includesClient: true }));

/** What a text costs each side, sent many at a time, in microseconds. */
export const textTimes: Suite = {
  rows: [
    { name: "text-send", title: `A text sent by a client, of ${COUNT} at a time` },
    { name: "text-receive", title: "A text received by a client that polls" },
  ].map((row) => ({ ...row, unit: "µs", goal: { atMost: 200 }, includesClient: true })),
  async open(environment) {
    const { sendAndReceive } = await openPath(environment);
    return async () => (await sendAndReceive()).map(({ value }) => ({ value: 1e6 / value }));
  },
};

export const wholePath: Suite = {
  rows,
  async open(environment) {
    const { sendAndReceive, sendAndFollow } = await openPath(environment);
    return async () => {
      const [sent, received] = await sendAndReceive();
      const both = 1 / (1 / sent.value + 1 / received.value);
      const through = await sendAndFollow();
      return [sent, received, { value: both }, through].map(({ value }) => ({ value }));
    };
  },
};

/** Three clients: one sends to one that polls, and to one that follows. */
async function openPath({ server: { port }, folder }: Environment) {
  const inbox = `${folder}/received`;
  const open = async (name: string): Promise<Client> => {
    const profile = await Profile.open(`${folder}/${name}`);
    const client = newClient(profile, networkOf(profile, port));
    await client.register(name, { classic: false });
    return client;
  };
  const sender = await open("sender");
  const polling = await open("polling");
  const following = await open("following");
  const followed = following.follow(inbox, ignore);
  const send = async (to: string, count: number): Promise<number> => {
    await Promise.all(Array.from({ length: count }, () => sender.sendText(to, TEXT)));
    return count;
  };
  const receive = async (count: number): Promise<number> => {
    let left = count;
    for await (const { type } of polling.receive(inbox, ignore)) if (type === "text") left--;
    if (left !== 0) throw new Error(`${left} messages did not arrive`);
    return count;
  };
  const arrive = async (count: number): Promise<void> => {
    for (let left = count; left > 0;) {
      const { value } = await followed.next();
      if (value?.type === "text") left--;
    }
  };
  // Sessions, and the first acknowledgement, are not what is measured.
  await send("polling", 1);
  await receive(1);
  await Promise.all([send("following", 1), arrive(1)]);
  return {
    sendAndReceive: async () => [
      await perSecond(() => send("polling", COUNT)),
      await perSecond(() => receive(COUNT)),
    ],
    sendAndFollow: () =>
      perSecond(async () => {
        await Promise.all([send("following", COUNT), arrive(COUNT)]);
        return COUNT;
      }),
  };
}

function ignore(): void {}
