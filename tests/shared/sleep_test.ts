import { setImmediate } from "node:timers";
import { nextTurn, turnAlone } from "../../shared/sleep.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Two ends of a connection. */
async function pair(): Promise<[Deno.Conn, Deno.Conn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr;
  return await Promise.all([Deno.connect({ hostname, port }), listener.accept()]);
}

Deno.test("next turn: a row of turns soon sees that a socket has become ready", async () => {
  const [near, far] = await pair();
  using _near = near;
  using _far = far;
  for (let round = 0; round < 20; round++) {
    let arrived = false;
    const reading = near.read(new Uint8Array(1)).then(() => arrived = true);
    for (let i = 0; i < round; i++) await nextTurn(); // it waits for the socket, at any point
    await far.write(new Uint8Array(1));
    let turns = 0;
    while (!arrived) {
      await nextTurn();
      turns++;
    }
    assert(turns < 20, `${turns} turns passed`);
    await reading;
  }
});

Deno.test("turn alone: one goes on at a time, in the order of asking", async () => {
  const went: string[] = [];
  const work = async (name: string) => {
    for (let i = 0; i < 3; i++) {
      await turnAlone();
      went.push(name);
    }
  };
  const short = async () => {
    for (let i = 0; i < 4; i++) {
      const before = went.length;
      await new Promise((resolve) => setImmediate(resolve));
      assert(went.length <= before + 1, `${went.length - before} have had their turn`);
    }
  };
  await Promise.all([work("a"), work("b"), work("c"), short()]);
  assertEquals(went.join(""), "abcabcabc");
});

Deno.test("turn alone: only some of the turns of one alone wait for a timer", async () => {
  const original = globalThis.setTimeout;
  let timers = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    timers++;
    return original(...args);
  }) as typeof setTimeout;
  try {
    for (let i = 0; i < 100; i++) await turnAlone();
  } finally {
    globalThis.setTimeout = original;
  }
  assert(timers >= 1 && timers <= 10, `${timers} timers for 100 turns`);
});
