/** What the admin port shows: `/metrics`, `/healthz` and `/readyz`. */
import type { Metrics } from "../metrics/metrics.ts";
import type { Readings } from "../metrics/readings.ts";
import type { Storage } from "../storage/storage.ts";
import type { Health } from "./health.ts";
import { type HttpRequest, type HttpResponse, plain } from "./http.ts";

/** How long metrics count as new, in milliseconds: nobody can keep the server busy with them. */
const METRICS_AGE = 1_000;

export interface Shown {
  metrics: Metrics;
  storage: Pick<Storage, "stats">;
  health: Health;
  /** Reads what the process knows of itself. */
  readProcess: () => Omit<Readings, "storage">;
  /** Milliseconds that never jump back. */
  clock: () => number;
}

/** Returns what answers requests. */
export function adminPages(
  { metrics, storage, health, readProcess, clock }: Shown,
): (request: HttpRequest) => Promise<HttpResponse> {
  let readAt = -Infinity;
  let text = Promise.resolve("");
  const read = async () => {
    // What the storage cannot tell is left out; the rest is wanted all the more.
    const stats = await storage.stats().catch(() => undefined);
    return await metrics.text({ ...readProcess(), storage: stats });
  };
  return async ({ path }) => {
    switch (path) {
      case "/metrics":
        if (clock() >= readAt + METRICS_AGE) {
          readAt = clock();
          text = read();
        }
        return { status: 200, type: metrics.type, body: await text };
      case "/healthz":
        return plain(200, "ok");
      case "/readyz": {
        const problem = await health.problem();
        return problem === null ? plain(200, "ready") : plain(503, problem);
      }
      default:
        return plain(404, "there are /metrics, /healthz and /readyz");
    }
  };
}
