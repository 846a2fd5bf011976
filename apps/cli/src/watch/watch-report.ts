import type { DriftAlarm, DriftMonitor } from "@pushforward/diagnostics";
import { print, printLines, say } from "../output/terminal.ts";
import type { Reference } from "./read-reference.ts";

interface WatchReportParts {
  readonly monitor: DriftMonitor;
  readonly reference: Reference;
  readonly level: number;
  /** `true` for an endless stream. */
  readonly isLive: boolean;
  readonly isJson: boolean;
}

const SECONDS_BETWEEN_LINES = 10;

/** Prints alarms to standard output, as lines or as JSON, and other messages to standard error. */
export class WatchReport {
  private readonly parts: WatchReportParts;
  private readonly alarms: object[] = [];
  private alarmCount = 0;
  private last = performance.now();

  constructor(parts: WatchReportParts) {
    this.parts = parts;
  }

  /** Number of alarms. */
  get count(): number {
    return this.alarmCount;
  }

  start(): void {
    const { rows, isDrawn, isCut } = this.parts.reference;
    if (this.parts.isJson) return;
    say(
      isDrawn
        ? `reference: ${rows.rows} rows drawn from the model, so an alarm means that rows differ from the model; ` +
            "--reference compares with rows of your own"
        : `reference: ${isCut ? "the first " : ""}${rows.rows} rows`,
    );
  }

  async alarm(alarm: DriftAlarm, row: number): Promise<void> {
    const { isJson, isLive } = this.parts;
    const json = { ...alarm, row };
    this.alarmCount++;
    if (isJson && isLive) await print(`${JSON.stringify(json)}\n`);
    else if (isJson) this.alarms.push(json);
    else await printLines([describeAlarm(alarm, row)]);
  }

  /** A line now and then. */
  progress(): void {
    const now = performance.now();
    if (now - this.last < SECONDS_BETWEEN_LINES * 1000) return;
    this.last = now;
    say(this.summary());
  }

  async end(): Promise<void> {
    const { monitor, reference, level, isJson, isLive } = this.parts;
    if (!isJson) {
      say(this.summary());
      return;
    }
    if (isLive) return;
    const { rows, evidence } = monitor;
    const compared = { rows: reference.rows.rows, drawn: reference.isDrawn };
    await print(`${JSON.stringify({ rows, level, reference: compared, evidence, alarms: this.alarms })}\n`);
  }

  private summary(): string {
    const { monitor, level } = this.parts;
    const found = this.alarmCount === 0 ? "no alarm" : this.alarmCount === 1 ? "1 alarm" : `${this.alarmCount} alarms`;
    const evidence = `largest evidence ${monitor.evidence.toPrecision(3)} (an alarm needs ${Number((1 / level).toPrecision(4))})`;
    return `${monitor.rows} rows, ${found}, ${evidence}`;
  }
}

/** An alarm in one line for people. */
function describeAlarm({ kind, columns, evidence, pValue }: DriftAlarm, row: number): string {
  const [first, second] = columns.map((name) => `"${name}"`);
  const what = {
    row: "the whole row (its log-density)",
    values: `the values of ${first}`,
    conditional: `${first} given the columns before it`,
    pair: `${first} and ${second} together`,
  }[kind];
  return `row ${row}: drift in ${what}; evidence ${evidence.toPrecision(3)}, p ≤ ${pValue.toPrecision(2)}`;
}
