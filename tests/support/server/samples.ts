/** Metrics as text, read by the rules of Prometheus. */
import type { Readings } from "../../../server/metrics/readings.ts";
import type { Metrics } from "../../../server/metrics/metrics.ts";

/** What a test has read of its server. */
export const READINGS: Readings = {
  version: "1.2.3",
  startedAt: 1_000_000,
  memory: { rss: 4, heapUsed: 1, heapTotal: 2, external: 3 },
  maxTotalSize: 1000,
  diskLeft: 2000,
  buffers: { used: 5, limit: 6, waiting: 0 },
};

const SAMPLE = /^([a-z_]+)(?:\{([^}]*)\})? (-?[0-9.e+-]+)$/;
const LABEL = /^[a-z_]+="[^"\\\n]*"$/;

/**
 * Returns the value of each sample, by its name and labels as in `a_total{code="1"}`.
 * @throws {Error} for a line that Prometheus would not take, and for a sample that comes twice
 */
export function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.trimEnd().split("\n")) {
    if (line === "") continue;
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (type) types.set(type[1], type[2]);
    else if (!/^# HELP [a-z_]+ \S/.test(line)) {
      const [, name, labels, value] = SAMPLE.exec(line) ?? [];
      const family = name?.replace(/_(bucket|sum|count)$/, "");
      const typed = types.has(name) || types.get(family) === "histogram";
      const known = labels === undefined || labels.split(",").every((label) => LABEL.test(label));
      const key = labels === undefined ? name : `${name}{${labels}}`;
      if (!typed || !known || samples.has(key)) throw new Error(`not a sample: ${line}`);
      samples.set(key, Number(value));
    }
  }
  return samples;
}

/** Returns what `metrics` show now. */
export async function samplesNow(metrics: Metrics): Promise<Map<string, number>> {
  return samplesOf(await metrics.text(READINGS));
}

/** Returns how often each limit has refused something, without those that have not. */
export async function refusalsOf(metrics: Metrics): Promise<Record<string, number>> {
  const counts = [...await samplesNow(metrics)].flatMap(([key, value]): [string, number][] => {
    const limit = /^messaging_refusals_total\{limit="(.*)"\}$/.exec(key)?.[1];
    return limit && value > 0 ? [[limit, value]] : [];
  });
  return Object.fromEntries(counts);
}
