import { parseArgs } from "node:util";
import { quantile } from "@pushforward/core/plain";
import { DriftMonitor, type StreamRows } from "@pushforward/diagnostics";
import { createKey, type Key } from "pushforward";
import { normalRows, type Shift, simulatedRows, WindowedKs, watchedFiles } from "../drift/windowed-ks.ts";
import { wholeNumber } from "../options.ts";
import { describeMachine, machineLines } from "../processes/machine.ts";
import { markdownTable, median, report } from "../report/report.ts";

const SHIFTS: readonly Shift[] = [
  { name: "mean of a column by 0.25 deviations", mean: 0.25 },
  { name: "… by 0.5", mean: 0.5 },
  { name: "deviation of a column by a factor of 1.25", scale: 1.25 },
  { name: "… of 1.5", scale: 1.5 },
  { name: "correlation of two from 0.6 to 0.3", correlation: 0.3 },
  { name: "… to 0", correlation: 0 },
  { name: "frequency of a category from 0.5 to 0.4", frequency: 0.4 },
  { name: "… to 0.3", frequency: 0.3 },
  { name: "missing cells from 5 to 10 %", missing: 0.1 },
  { name: "… to 20 %", missing: 0.2 },
  { name: "a new cluster of 5 % of the rows", cluster: 0.05 },
  { name: "… of 10 %", cluster: 0.1 },
];
const LEVEL = 0.05;
const BLOCK = 5000;

/** Sizes of a run. */
interface Sizes {
  readonly rows: number;
  readonly reference: number;
  /** References that the streams without a shift are divided among. */
  readonly references: number;
}

type Push = (rows: StreamRows) => number | undefined;

/** Draws rows. */
type Draw = (key: Key, rows: number) => StreamRows;

const quiet: Draw = (key, rows) => simulatedRows(key, rows);

/**
 * Compares `DriftMonitor` with a windowed Kolmogorov–Smirnov test per column, on streams of a table with known density:
 * false alarms without a shift, and the delay after a shift in the middle of the stream.
 */
export async function drift(args: readonly string[]): Promise<void> {
  const option = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ streams: option, "wide-streams": option, rows: option, reference: option, references: option },
      ...{ repeats: option, calibration: option, files: option, "file-rows": option },
    },
  });
  const read = (name: keyof typeof values, text: string): number => wholeNumber(name, values[name] ?? text);
  const sizes = {
    ...{ rows: read("rows", "100000"), reference: read("reference", "3000"), references: read("references", "10") },
  };
  const [streams, wideStreams] = [read("streams", "1000"), read("wide-streams", "200")];
  const [repeats, calibration] = [read("repeats", "30"), read("calibration", "200")];
  const [files, fileRows] = [read("files", "20"), read("file-rows", "20000")];
  const machine = describeMachine(undefined);
  const limit = calibratedLimit(calibration, sizes);
  const delays = SHIFTS.map((shift) => delaysOf(shift, repeats, limit, sizes));
  const fileAlarms = await watchedFiles(files, fileRows, sizes.reference);
  const narrow = countFalseAlarms(normalRows, streams, sizes);
  const wide = countFalseAlarms(quiet, wideStreams, sizes);
  const markdown = [
    "# Drift of a stream",
    [
      ...machineLines(machine),
      `- level ${LEVEL}; streams of ${sizes.rows} rows, references of ${sizes.reference} rows`,
      `- windowed Kolmogorov–Smirnov test per column: 500 rows, every 25 rows, limit ${limit.toFixed(3)} so that ${LEVEL} of ${calibration} streams without a shift reach it`,
    ].join("\n"),
    "## False alarms",
    markdownTable(
      ["streams", "with an alarm", "share", "for each reference"],
      [
        alarmCells(`${streams} of ${sizes.rows} rows of one column, exact densities`, streams, narrow),
        alarmCells(`${wideStreams} of ${sizes.rows} rows of four columns, exact densities`, wideStreams, wide),
        alarmCells(`${files} of ${fileRows} rows, \`watch\` with a fitted model`, files, [fileAlarms]),
      ],
    ),
    `## Rows from the shift, at row ${sizes.rows / 2}, to the alarm: median of ${repeats} streams (in brackets, streams without one; false alarms before the shift left out)`,
    markdownTable(
      ["shift", "pushforward", "windowed KS", "named first"],
      delays.map(({ shift, ours, ks, named }) => [shift, shown(ours), shown(ks), named]),
    ),
  ].join("\n\n");
  await report("drift", markdown, { machine, sizes, limit, narrow, wide, fileAlarms, delays });
}

function alarmCells(what: string, streams: number, counts: readonly number[]): string[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return [what, String(total), (total / streams).toFixed(4), counts.join(" ")];
}

/** Streams with an alarm, for each reference. */
function countFalseAlarms(draw: Draw, streams: number, sizes: Sizes): number[] {
  const key = createKey("false alarms");
  return Array.from({ length: sizes.references }, (_, r) => {
    const reference = draw(key.fold(r), sizes.reference);
    const own = Math.floor(streams / sizes.references) + (r < streams % sizes.references ? 1 : 0);
    let alarms = 0;
    for (let s = 0; s < own; s++) {
      const streamKey = key.fold(r).fold(s);
      const monitor = new DriftMonitor({ reference, level: LEVEL, key: streamKey.fold("monitor") });
      const first = firstAlarm((rows) => monitor.push(rows)[0]?.row, [draw], streamKey, [sizes.rows]);
      if (first !== undefined) alarms++;
    }
    console.error(`reference ${r + 1}: ${alarms} alarms in ${own} streams`);
    return alarms;
  });
}

/** The statistic that a share `LEVEL` of streams without a shift reaches. */
function calibratedLimit(streams: number, sizes: Sizes): number {
  const key = createKey("calibration");
  const largest = Array.from({ length: streams }, (_, s) => {
    const ks = new WindowedKs(simulatedRows(key.fold(s % sizes.references), sizes.reference));
    let most = 0;
    firstAlarm(
      (rows) => {
        most = Math.max(most, ks.push(rows, Number.POSITIVE_INFINITY).largest);
        return undefined;
      },
      [quiet],
      key.fold(s).fold("stream"),
      [sizes.rows],
    );
    return most;
  });
  const limit = quantile(Float64Array.from(largest).sort(), 1 - LEVEL);
  console.error(`limit ${limit}`);
  return limit;
}

interface Delays {
  readonly shift: string;
  /** Rows to the alarm; infinite without an alarm. */
  readonly ours: readonly number[];
  readonly ks: readonly number[];
  /** Columns that the alarms name most often. */
  readonly named: string;
}

function delaysOf(shift: Shift, repeats: number, limit: number, sizes: Sizes): Delays {
  const change = Math.floor(sizes.rows / 2);
  const names = new Map<string, number>();
  const [ours, ks]: [number[], number[]] = [[], []];
  for (let s = 0; s < repeats; s++) {
    const key = createKey(shift.name).fold(s);
    const reference = simulatedRows(key.fold("reference"), sizes.reference);
    const monitor = new DriftMonitor({ reference, level: LEVEL, key: key.fold("monitor") });
    const windowed = new WindowedKs(reference);
    const delayOf = (push: Push): number | undefined => {
      const row = firstAlarm(push, [quiet, (one, rows) => simulatedRows(one, rows, shift)], key, [change, sizes.rows]);
      if (row !== undefined && row < change) return undefined;
      return row === undefined ? Number.POSITIVE_INFINITY : row - change + 1;
    };
    const own = delayOf((rows) => {
      const [alarm] = monitor.push(rows);
      if (alarm === undefined) return undefined;
      if (alarm.row >= change) {
        const name = `${alarm.kind} ${alarm.columns.join(", ")}`.trim();
        names.set(name, (names.get(name) ?? 0) + 1);
      }
      return alarm.row;
    });
    const theirs = delayOf((rows) => windowed.push(rows, limit).row);
    if (own !== undefined) ours.push(own);
    if (theirs !== undefined) ks.push(theirs);
  }
  const named = [...names].sort((a, b) => b[1] - a[1]).slice(0, 2);
  console.error(`${shift.name}: ${shown(ours)} beside ${shown(ks)}`);
  return { shift: shift.name, ours, ks, named: named.map(([name, count]) => `${name} (${count})`).join("; ") };
}

/** The first row that `push` returns, of a stream that is drawn in blocks: by the first function to the first end, and so on. */
function firstAlarm(push: Push, draws: readonly Draw[], key: Key, ends: readonly number[]): number | undefined {
  let [from, block] = [0, 0];
  for (const [part, end] of ends.entries()) {
    while (from < end) {
      const count = Math.min(BLOCK, end - from);
      const alarm = push((draws[part] as Draw)(key.fold(block++), count));
      if (alarm !== undefined) return alarm;
      from += count;
    }
  }
  return undefined;
}

function shown(delays: readonly number[]): string {
  const without = delays.filter((delay) => delay === Number.POSITIVE_INFINITY).length;
  const middle = median(delays);
  return `${middle === Number.POSITIVE_INFINITY ? "none" : middle}${without > 0 ? ` (${without} of ${delays.length})` : ""}`;
}
