import { connectEndpoint, openEndpoint } from "../../../client/daemon/endpoint.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

Deno.test("endpoint: only its own user connects, whatever others put in its place", async () => {
  await using temp = await tempFolder();
  await using endpoint = await openEndpoint(temp.path, { random: randomBytes, way: "port" });
  const accepted = endpoint.accept();
  const own = Deno.lstatSync(temp.path).uid;
  if (own !== null) assertEquals(await connectEndpoint(temp.path, own + 1), null);
  using conn = await connectEndpoint(temp.path, own);
  assert(conn !== null);
  using other = await accepted;
  assert(await endpoint.admits(other));
});
