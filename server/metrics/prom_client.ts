/** The parts of `prom-client` that are used: all of it would cost each start 40 ms and 3 MiB. */
import type * as whole from "prom-client";
import counter from "prom-client/lib/counter.js";
import gauge from "prom-client/lib/gauge.js";
import registry from "prom-client/lib/registry.js";

export const Counter: typeof whole.Counter = counter;
export const Gauge: typeof whole.Gauge = gauge;
export const Registry: typeof whole.Registry = registry;

export type Counter<Label extends string = string> = whole.Counter<Label>;
export type Gauge<Label extends string = string> = whole.Gauge<Label>;
export type Registry = whole.Registry;
/** What a registry shows of a metric. */
export type Shown = whole.MetricObjectWithValues<whole.MetricValueWithName<string>>;
