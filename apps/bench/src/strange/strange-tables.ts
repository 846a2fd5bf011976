import { createKey } from "pushforward";

/** The cells of a row, as the file has them. */
export type TextRow = Readonly<Record<string, string>>;

/** A fact about the rows of a table that samples should share. */
export interface TableFact {
  readonly text: string;
  /** A share of the rows, which may differ by .01, or a size such as a standard deviation, which may differ by 10 %. */
  readonly type: "share" | "size";
  readonly of: (rows: readonly TextRow[]) => number;
}

/** A table with known relations. */
export interface StrangeTable {
  readonly name: string;
  readonly rows: number;
  /** One row. */
  readonly row: (random: RandomNumbers, index: number) => TextRow;
  readonly facts: readonly TableFact[];
  /** A condition of the samples, as `--given` has it. */
  readonly given?: string;
}

/** Random numbers, one after the other. */
export class RandomNumbers {
  private readonly uniforms: Float32Array;
  private next = 0;

  constructor(seed: number, name: string) {
    this.uniforms = createKey(seed).fold(name).uniform(200_000);
  }

  /** From 0 to 1, with about 48 random bits. */
  uniform(low = 0, high = 1): number {
    const part = (): number => this.uniforms[this.next++ % this.uniforms.length] as number;
    return low + (high - low) * ((Math.floor(part() * 2 ** 24) + part()) / 2 ** 24);
  }

  normal(mean = 0, scale = 1): number {
    const [u, v] = [this.uniform(), this.uniform()];
    return mean + scale * Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
  }

  integer(low: number, high: number): number {
    return Math.floor(this.uniform(low, high + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  chance(share: number): boolean {
    return this.uniform() < share;
  }
}

const number = (row: TextRow, name: string): number => (row[name] === "" ? Number.NaN : Number(row[name]));
const share =
  (is: (row: TextRow) => boolean): TableFact["of"] =>
  (rows) =>
    rows.filter(is).length / rows.length;
const near = (x: number, y: number): boolean => Math.abs(x - y) < 1e-6 * Math.max(1, Math.abs(x));

function deviation(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The median over the groups of a column of the standard deviation of the numbers of a group with several rows. */
function withinGroups(group: string, value: string, least: number): TableFact["of"] {
  return (rows) => {
    const groups = new Map<string, number[]>();
    for (const row of rows) groups.set(row[group] ?? "", [...(groups.get(row[group] ?? "") ?? []), number(row, value)]);
    return median([...groups.values()].filter(({ length }) => length >= least).map(deviation));
  };
}

/** The largest standard deviation of a group. */
function widestGroup(group: string, value: string): TableFact["of"] {
  return (rows) => {
    const names = [...new Set(rows.map((row) => row[group]))];
    return Math.max(
      ...names.map((name) => deviation(rows.filter((row) => row[group] === name).map((row) => number(row, value)))),
    );
  };
}

const isShare = (text: string, is: (row: TextRow) => boolean): TableFact => ({ text, type: "share", of: share(is) });
const size = (text: string, of: TableFact["of"]): TableFact => ({ text, type: "size", of });
const day = (days: number): string => new Date(86_400_000 * days).toISOString().slice(0, 10);
/** Digits after the decimal point. */
export const decimals = (text = ""): number => text.split(".")[1]?.length ?? 0;
/** Number of significant digits of a number as it is written. */
const digits = (text = ""): number => text.replace(/^-?0*\.?0*|\./g, "").replace(/e.*$/, "").length;

/** Small tables with known relations, which have gone wrong. */
export const strangeTables: readonly StrangeTable[] = [
  {
    ...{ name: "dup", rows: 1500 },
    row: (random) => {
      const a = random.normal(0, 10).toFixed(3);
      return { a, b: a, c: (-Number(a)).toFixed(3), d: random.normal(5, 2).toFixed(3) };
    },
    facts: [
      isShare("a = b", (row) => near(number(row, "a"), number(row, "b"))),
      isShare("c = −a", (row) => near(number(row, "c"), -number(row, "a"))),
    ],
  },
  {
    ...{ name: "ohlc", rows: 1500 },
    row: (random) => {
      const open = random.uniform(50, 150);
      const close = open * Math.exp(random.normal(0, 0.02));
      const high = Math.max(open, close) * Math.exp(Math.abs(random.normal(0, 0.01)));
      const low = Math.min(open, close) * Math.exp(-Math.abs(random.normal(0, 0.01)));
      return { open: open.toFixed(2), high: high.toFixed(2), low: low.toFixed(2), close: close.toFixed(2) };
    },
    facts: [
      isShare("low ≤ open, close ≤ high", (row) => {
        const [open, high, low, close] = ["open", "high", "low", "close"].map((name) => number(row, name)) as [
          number,
          number,
          number,
          number,
        ];
        return low <= Math.min(open, close) && Math.max(open, close) <= high;
      }),
    ],
  },
  {
    ...{ name: "sums", rows: 1500 },
    row: (random) => {
      const net = Math.round(100 * Math.exp(random.normal(4, 0.8)));
      const tax = Math.round(net * random.uniform(0.02, 0.25));
      return { net: (net / 100).toFixed(2), tax: (tax / 100).toFixed(2), gross: ((net + tax) / 100).toFixed(2) };
    },
    facts: [
      isShare("net + tax = gross", (row) => near(number(row, "net") + number(row, "tax"), number(row, "gross"))),
      isShare("at most two decimals", (row) => Object.values(row).every((cell) => decimals(cell) <= 2)),
    ],
  },
  {
    ...{ name: "noisy-sum", rows: 1500 },
    row: (random) => {
      const [u, v] = [random.normal(), random.normal(0, 2)];
      return { u: u.toFixed(4), v: v.toFixed(4), s: (u + v + random.uniform(-0.105, 0.105)).toFixed(4) };
    },
    facts: [
      size("standard deviation of s − u − v", (rows) =>
        deviation(rows.map((row) => number(row, "s") - number(row, "u") - number(row, "v"))),
      ),
    ],
  },
  {
    ...{ name: "ordered", rows: 1500 },
    row: (random) => {
      const lo = random.integer(0, 500);
      return { lo: String(lo), hi: String(lo + random.integer(0, 19)), w: random.normal().toFixed(3) };
    },
    facts: [
      isShare("lo ≤ hi", (row) => number(row, "lo") <= number(row, "hi")),
      isShare("hi − lo ≤ 19", (row) => number(row, "hi") - number(row, "lo") <= 19),
    ],
  },
  {
    ...{ name: "pareto", rows: 1500 },
    row: (random) => {
      const x = random.uniform() ** (-1 / 2.5);
      return { x: String(x), y: String(random.normal(Math.log(x), 0.5)) };
    },
    facts: [isShare("x ≥ 1", (row) => number(row, "x") >= 1)],
  },
  {
    ...{ name: "levels-sd", rows: 1500 },
    row: (random) => {
      const k = random.integer(0, 6);
      return { g: "abcdefg"[k] as string, v: random.normal(10 * k, 2).toFixed(3) };
    },
    facts: [
      size("largest standard deviation of v given g", widestGroup("g", "v")),
      size("standard deviation of v given g", withinGroups("g", "v", 20)),
    ],
  },
  {
    ...{ name: "given", rows: 1500, given: "x>=0" },
    row: (random) => {
      const a = random.pick(["red", "green", "blue"]);
      const b = random.pick(a === "red" ? ["round", "flat"] : ["round", "flat", "long"]);
      return { a, b, x: random.normal(a === "red" ? 0.5 : 0, 1).toFixed(2) };
    },
    facts: [
      isShare("red and long", ({ a, b }) => a === "red" && b === "long"),
      isShare("x ≥ 0 (a condition of the samples)", (row) => number(row, "x") >= 0),
    ],
  },
  {
    ...{ name: "durations", rows: 1500 },
    row: (random, i) => {
      const repeated = [0.125, 0.25, 0.5, 1.375, 2.001, 3.333, 10.01];
      const own = Math.exp(random.normal(0, 1.5)).toFixed(9);
      return { seconds: i % 2 === 0 ? own : random.pick(repeated).toFixed(3), size: String(random.integer(1, 9)) };
    },
    facts: [isShare("a repeated duration", ({ seconds = "" }) => decimals(seconds) <= 3)],
  },
  {
    ...{ name: "items", rows: 4000 },
    row: (random) => {
      const item = random.integer(0, 999);
      const level = 100 + 50 * Math.sin(1234.5 * item);
      return { item: `item ${item}`, price: random.normal(level, 1).toFixed(2) };
    },
    facts: [size("standard deviation of price given item", withinGroups("item", "price", 4))],
  },
  {
    ...{ name: "stays", rows: 1500 },
    row: (random) => {
      const [start, days] = [random.integer(18_000, 19_000), random.integer(1, 30)];
      return { start: day(start), end: day(start + days), days: String(days) };
    },
    facts: [
      isShare("days = end − start", ({ start = "", end = "", days }) => {
        return Number(days) === (Date.parse(end) - Date.parse(start)) / 86_400_000;
      }),
    ],
  },
  {
    ...{ name: "prices", rows: 1500 },
    row: (random) => ({ price: (random.integer(1, 60) + 0.99).toFixed(2), pieces: String(random.integer(1, 40)) }),
    facts: [isShare("ends in .99", ({ price = "" }) => price.endsWith(".99"))],
  },
  {
    ...{ name: "gaps", rows: 1500 },
    row: (random) => {
      const [x, isOpen] = [random.normal(), random.chance(0.6)];
      return {
        state: isOpen ? "open" : "closed",
        x: random.chance(0.3) ? "" : x.toFixed(2),
        closed: isOpen ? "" : String(random.integer(1, 90)),
      };
    },
    facts: [
      isShare("x missing", ({ x }) => x === ""),
      isShare("closed missing if and only if open", ({ state, closed }) => (state === "open") === (closed === "")),
    ],
  },
  {
    ...{ name: "digits", rows: 1500 },
    row: (random) => {
      const x = Math.exp(random.normal(4, 1));
      return {
        x: x.toPrecision(5),
        y: (x * Math.exp(random.normal(0, 0.1))).toPrecision(5),
        z: random.normal(100, 15).toPrecision(5),
      };
    },
    facts: [isShare("at most five significant digits", (row) => Object.values(row).every((cell) => digits(cell) <= 5))],
  },
  {
    ...{ name: "numbered", rows: 1500 },
    row: (random, i) => ({
      customer: String(100_000 + ((i * 677 + 13) % 1500)),
      spent: Math.exp(random.normal(3, 1)).toFixed(2),
    }),
    facts: [size("median of spent", (rows) => median(rows.map((row) => number(row, "spent"))))],
  },
  {
    ...{ name: "two-rows", rows: 2 },
    row: (_, i) => ({ a: String(3 + i), b: String(7 - i) }),
    facts: [],
  },
  {
    ...{ name: "percent", rows: 1500 },
    row: (random) => {
      const parts = [random.uniform(), random.uniform(), random.uniform()];
      const total = parts.reduce((sum, part) => sum + part, 0);
      const [a = 0, b = 0] = parts.map((part) => Math.round((1000 * part) / total));
      return { a: (a / 10).toFixed(1), b: (b / 10).toFixed(1), c: ((1000 - a - b) / 10).toFixed(1) };
    },
    facts: [isShare("a + b + c = 100", (row) => near(number(row, "a") + number(row, "b") + number(row, "c"), 100))],
  },
  {
    ...{ name: "orders", rows: 1500 },
    row: (random) => {
      const [pieces, cents] = [random.integer(1, 20), random.integer(50, 9999)];
      return { pieces: String(pieces), price: (cents / 100).toFixed(2), total: ((pieces * cents) / 100).toFixed(2) };
    },
    facts: [
      isShare("pieces × price = total", (row) =>
        near(number(row, "pieces") * number(row, "price"), number(row, "total")),
      ),
    ],
  },
  {
    ...{ name: "cauchy", rows: 1500 },
    row: (random) => {
      const x = Math.tan(Math.PI * (random.uniform() - 0.5));
      return { x: String(x), y: String(x + random.normal()) };
    },
    facts: [size("median of |x|", (rows) => median(rows.map((row) => Math.abs(number(row, "x")))))],
  },
  {
    ...{ name: "circle", rows: 1500 },
    row: (random) => {
      const t = random.uniform(0, 2 * Math.PI);
      return { x: Math.cos(t).toFixed(6), y: Math.sin(t).toFixed(6) };
    },
    facts: [
      isShare("within .05 of the circle", (row) => Math.abs(Math.hypot(number(row, "x"), number(row, "y")) - 1) < 0.05),
    ],
  },
  {
    ...{ name: "far", rows: 1500 },
    row: (random, i) => ({
      x: i === 700 ? "1600000000.5" : random.normal(3, 1).toFixed(4),
      y: random.normal().toFixed(4),
    }),
    facts: [size("median of x", (rows) => median(rows.map((row) => number(row, "x"))))],
  },
  {
    ...{ name: "stamps", rows: 1500 },
    row: (random) => {
      const at = 1_600_000_000_000 + random.integer(0, 9e9);
      return {
        at: String(at),
        seen: String(random.chance(0.5) ? at : at + random.integer(1, 1e6)),
        v: random.normal().toFixed(2),
      };
    },
    facts: [
      isShare("at = seen", ({ at, seen }) => at === seen),
      isShare("at ≤ seen", (row) => number(row, "at") <= number(row, "seen")),
    ],
  },
  {
    ...{ name: "empty", rows: 300 },
    row: (random) => ({ nothing: "", same: "7", x: random.normal().toFixed(3), t: random.pick(["yes", "no"]) }),
    facts: [isShare("same is 7", ({ same = "7" }) => same === "7")],
  },
  {
    ...{ name: "rounded", rows: 1500 },
    row: (random) => {
      const x = random.normal(50, 12);
      return { exact: x.toFixed(4), rounded: x.toFixed(1), w: random.normal(x, 5).toFixed(4) };
    },
    facts: [
      isShare(
        "exact and rounded differ by at most .05",
        (row) => Math.abs(number(row, "exact") - number(row, "rounded")) <= 0.0501,
      ),
    ],
  },
  {
    ...{ name: "halves", rows: 1500 },
    row: (random) => {
      const a = random.uniform(0, 1000).toFixed(2);
      return { a, b: random.chance(0.3) ? a : random.uniform(0, 1000).toFixed(2), c: random.normal().toFixed(3) };
    },
    facts: [isShare("a = b", ({ a, b }) => Number(a) === Number(b))],
  },
];

/** The rows of a table, and its text as CSV. */
export function makeRows(
  table: StrangeTable,
  seed: number,
): { readonly rows: readonly TextRow[]; readonly csv: string } {
  const random = new RandomNumbers(seed, table.name);
  const rows = Array.from({ length: table.rows }, (_, i) => table.row(random, i));
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => names.map((name) => row[name]).join(","));
  return { rows, csv: `${[names.join(","), ...lines].join("\n")}\n` };
}
