/**
 * Histograms for what happens with every request: an observation costs some nanoseconds and
 * allocates nothing, where one of `prom-client` joins its labels to a string each time.
 */
import type { Registry, Shown } from "./prom_client.ts";

/** One line of a histogram: how often values were at most as large as each bound, and their sum. */
export class Observations {
  count = 0;
  sum = 0;
  /** For each bound the values up to it that are over the bound before; last those over all. */
  readonly buckets: Float64Array;

  constructor(private readonly bounds: readonly number[]) {
    this.buckets = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]) at++;
    this.buckets[at]++;
    this.count++;
    this.sum += value;
  }
}

export interface HistogramOptions {
  name: string;
  help: string;
  /** Upper bounds of the buckets, in ascending order. */
  bounds: readonly number[];
  /** Shows it. */
  registry: Registry;
}

/** A histogram as a registry of `prom-client` shows it. */
export class Histogram {
  readonly name: string;
  readonly #lines: { labels: Record<string, string>; observations: Observations }[] = [];

  constructor(private readonly options: HistogramOptions) {
    this.name = options.name;
    // A registry asks for nothing but `name` and `get`.
    options.registry.registerMetric(this as unknown as Parameters<Registry["registerMetric"]>[0]);
  }

  /** Adds a line with these labels, no two the same. Keep it: that makes an observation cheap. */
  line(labels: Record<string, string> = {}): Observations {
    const observations = new Observations(this.options.bounds);
    this.#lines.push({ labels, observations });
    return observations;
  }

  get(): Promise<Shown> {
    const { name, help, bounds } = this.options;
    const values = this.#lines.flatMap(({ labels, observations: { buckets, count, sum } }) => {
      let upTo = 0;
      return [
        ...bounds.map((bound, i) => ({
          metricName: `${name}_bucket`,
          labels: { ...labels, le: bound },
          value: upTo += buckets[i],
        })),
        { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: count },
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    const shown = { name, help, type: "histogram", aggregator: "sum", values };
    return Promise.resolve(shown as unknown as Shown);
  }
}
