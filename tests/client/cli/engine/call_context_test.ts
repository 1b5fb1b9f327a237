/** What a command asks of a program that has called it as a method. */
import { callContext } from "../../../../client/cli/engine/call_context.ts";
import type { ClientContext } from "../../../../client/cli/command.ts";
import { checkReceivers } from "../../../../client/cli/new_contacts.ts";
import type { Call } from "../../../../client/daemon/method.ts";
import { FAILED, METHOD_NOT_FOUND, RpcError } from "../../../../client/daemon/rpc_error.ts";
import { ClientError } from "../../../../client/errors.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";
import { commandContext } from "../../../support/client/command_context.ts";

/** The context of a call whose asker answers so. Notes what it was asked. */
function contextOf(answer: () => unknown): { context: ClientContext; asked: unknown[] } {
  const asked: unknown[] = [];
  const call = {
    signal: new AbortController().signal,
    async request(method: string, params: unknown) {
      await Promise.resolve();
      asked.push([method, params]);
      return answer();
    },
  } as unknown as Call;
  const { commands, options, runtime } = commandContext({});
  const process = { ...runtime, ticks: () => 0 } as Parameters<typeof callContext>[1]["runtime"];
  const client = {
    contactBook: { isNew: () => true },
    publicKey: () => Promise.resolve({ id: new Uint8Array(16), name: "bob" }),
  } as unknown as ClientContext["client"];
  const rest = { commands, options, runtime: process, problem: () => {} };
  return { context: { ...callContext(call, rest), client } as ClientContext, asked };
}

const QUESTION = `bob#${"0".repeat(32)} is new. Take this for the right one? (yes/no): `;

Deno.test("call context: a program is asked about new contacts, as a person is", async () => {
  const { context, asked } = contextOf(() => "yes");
  await checkReceivers(["bob"], "ask", context);
  assertEquals(asked, [["ask", { question: QUESTION }]]);
});

Deno.test("call context: whoever says no, or cannot answer, gets no new contact", async () => {
  const unable = () => {
    throw new RpcError(METHOD_NOT_FOUND, "there is no method");
  };
  for (const answer of [() => "no", () => null, () => 5, unable]) {
    const { context } = contextOf(answer);
    const refused = () => checkReceivers(["bob"], "ask", context);
    assertEquals((await assertRejects(refused, ClientError)).code, "new-contact");
  }
  const { context } = contextOf(() => {
    throw new RpcError(FAILED, "it broke");
  });
  await assertRejects(() => checkReceivers(["bob"], "ask", context), RpcError, "it broke");
});
