/** Results for people, as a table, and for programs, as one JSON object a row. */
import type { GroupResult, Result } from "./measure.ts";

/** From this share of a core on, the load generator may be what holds a figure down. */
const BUSY = 0.9;

/** What the rows with limits stand beside. */
export interface Beside {
  /** Heads the shares of it. */
  readonly heading: string;
  /** Says what these are. */
  readonly note: string;
}

/** The limits of the machine. */
export const LIMITS: Beside = {
  heading: "of limit",
  note: "share of what this machine allows, by the rows without one",
};

interface Column {
  heading: string;
  cell(result: Result, group: GroupResult): string;
  align: "left" | "right";
  /** What there is to say about it below the table. */
  note?: string;
}

function columnsBeside({ heading, note }: Beside): readonly Column[] {
  return [
    { heading: "", align: "left", cell: ({ row }) => `  ${row.title}` },
    { heading: "median", align: "right", cell: ({ median }) => amount(median) },
    {
      heading: "min – max",
      align: "right",
      cell: ({ min, max }) => `${amount(min)} – ${amount(max)}`,
    },
    { heading: "", align: "left", cell: ({ row }) => row.unit },
    {
      heading,
      align: "right",
      cell(result, group) {
        const limit = limitOf(result, group);
        return limit === undefined ? "" : percent(result.median / limit);
      },
      note: `${note}; of times and memory\n${" ".repeat(10)}how many times as much`,
    },
    {
      heading: "original",
      align: "right",
      cell: ({ row, median }) => row.original ? `${(median / row.original).toFixed(1)} ×` : "",
      note: "times the figure of the system that this one replaces, on such a machine",
    },
    {
      heading: "goal",
      align: "right",
      cell: (result, group) => result.row.goal ? isMet(result, group) ? "met" : "missed" : "",
    },
    {
      heading: "load",
      align: "right",
      cell: ({ busy }) => busy === undefined ? "" : percent(busy),
      note: "share of one core that the load generator used",
    },
    {
      heading: "at most",
      align: "right",
      cell: (result) => {
        const most = mostOf(result);
        return most === undefined ? "" : amount(most);
      },
      note: "what it could have done with the whole of it",
    },
    { heading: "", align: "left", cell: (result) => isHeldDown(result) ? "*" : "" },
  ];
}

/**
 * The lines of one table that shows all `groups`, without the columns that none of them needs, and
 * of what there is to say about it.
 */
export function tableOf(groups: readonly GroupResult[], beside = LIMITS): string[] {
  const columns = columnsBeside(beside).filter(({ cell }) =>
    groups.some((group) => group.results.some((result) => cell(result, group) !== ""))
  );
  const cellsOf = (group: GroupResult) =>
    group.results.map((result) => columns.map(({ cell }) => cell(result, group)));
  const all = [columns.map(({ heading }) => heading), ...groups.flatMap(cellsOf)];
  const widths = columns.map((_, i) => Math.max(...all.map((cells) => cells[i].length)));
  const lineOf = (cells: string[]) =>
    cells.map((cell, i) =>
      columns[i].align === "left" ? cell.padEnd(widths[i]) : cell.padStart(widths[i])
    ).join("  ").trimEnd();
  const blocks = groups.flatMap((group) => [
    "",
    `${group.title}, ${group.results[0].values.length} rounds`,
    ...cellsOf(group).map(lineOf),
  ]);
  const notes = columns.flatMap(({ heading, note }) =>
    note ? `${`${heading}:`.padEnd(9)} ${note}` : []
  );
  if (groups.some(({ results }) => results.some(isHeldDown))) {
    notes.push("*         the load generator had no time left; the other side may be faster");
  }
  return [lineOf(all[0]), ...blocks, "", ...notes];
}

/** One object for each row, ready for JSON. */
export function recordsOf(groups: readonly GroupResult[]): Record<string, unknown>[] {
  return groups.flatMap((group) => group.results.map((result) => recordOf(result, group)));
}

function recordOf(result: Result, group: GroupResult): Record<string, unknown> {
  const { row, median, min, max, values, busy } = result;
  const limit = limitOf(result, group);
  return {
    name: row.name,
    group: group.title,
    title: row.title,
    unit: row.unit,
    median,
    min,
    max,
    rounds: values,
    ...limit !== undefined && { limit, ofLimit: median / limit },
    ...row.original && { original: row.original, timesOriginal: median / row.original },
    ...row.goal && { goal: row.goal, met: isMet(result, group) },
    ...busy !== undefined && {
      load: busy,
      loadAtMost: mostOf(result),
      heldDownByLoad: isHeldDown(result),
    },
  };
}

/** The lowest median of the rows that limit this one. */
function limitOf({ row }: Result, { results }: GroupResult): number | undefined {
  const limits = results.filter((other) => row.limits?.includes(other.row.name));
  return limits.length === 0 ? undefined : Math.min(...limits.map(({ median }) => median));
}

function isMet(result: Result, group: GroupResult): boolean {
  const { row: { goal }, median } = result;
  if (goal === undefined) return true;
  if ("ofLimit" in goal) return median >= goal.ofLimit * (limitOf(result, group) ?? 0);
  if ("orOfLimit" in goal) {
    return median >= Math.min(goal.atLeast, goal.orOfLimit * (limitOf(result, group) ?? Infinity));
  }
  if ("atMostOfLimit" in goal) {
    return median <= goal.atMostOfLimit * (limitOf(result, group) ?? Infinity);
  }
  return "atLeast" in goal ? median >= goal.atLeast : median <= goal.atMost;
}

/** What the load generator could do if nothing else took time; undefined if none is known. */
function mostOf({ row, median, busy }: Result): number | undefined {
  return busy === undefined || !row.unit.endsWith("/s") ? undefined : median / busy;
}

/** Reports whether the load generator may have been too slow to tell how fast the other side is. */
function isHeldDown({ row, busy }: Result): boolean {
  return !row.includesClient && busy !== undefined && busy >= BUSY;
}

/** Three digits or more, and no fraction that means nothing. */
function amount(value: number): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
