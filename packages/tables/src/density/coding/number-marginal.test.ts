import type { NumberDomain } from "@pushforward/columns/extend";
import { createKey, type Key } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { countValues } from "./kernel-knots.ts";
import { type NumberMarginal, numberFloor, numberMarginal } from "./number-marginal.ts";

const key = createKey(7);

const DAY = 86_400;
const [days, hours] = key
  .fold("dates")
  .split(2)
  .map((one) => one.uniform(1500)) as [Float32Array, Float32Array];
/** Times of 300 days. Three of four are between 8 and 16 hours. */
const times = days
  .map((u) => Math.floor(300 * u))
  .map((day, i) => DAY * day + (i % 4 > 0 ? 8 * 3600 + 8 * 3600 * (hours[i] as number) : DAY * (hours[i] as number)));
/** Of 3,000 days, without weekends: 1 January 1970 is a Thursday. */
const weekdays = Float64Array.from(days, (u) => DAY * (4 + 7 * Math.floor(430 * u) + Math.floor(5 * ((430 * u) % 1))));

const rows: Readonly<
  Record<string, { readonly numbers: Float64Array; readonly step: number; readonly periods?: readonly number[] }>
> = {
  "times of days": { numbers: Float64Array.from(times), step: 0, periods: [DAY, 7 * DAY] },
  "seconds of days": { numbers: Float64Array.from(times, Math.round), step: 1, periods: [DAY, 7 * DAY] },
  "days of the week": { numbers: weekdays, step: DAY, periods: [7 * DAY] },
  "few integers, each often": { numbers: Float64Array.from(key.normal(900), (z) => Math.round(3 * z)), step: 1 },
  "many integers, hardly repeated": {
    numbers: Float64Array.from(key.normal(900), (z) => Math.round(1e6 * z)),
    step: 1,
  },
  "tenths, as smooth as their grid": {
    numbers: Float64Array.from(key.normal(2000), (z) => Math.round(800 * z) / 10),
    step: 0.1,
  },
  "tenths, some repeated": {
    numbers: Float64Array.from(key.normal(2000), (z, i) =>
      i % 2 === 0 ? Math.round(800 * z) / 10 : Math.round(97 * Math.round(8 * z)) / 10,
    ),
    step: 0.1,
  },
  "tenths, tens and hundreds": {
    numbers: Float64Array.from(key.normal(2000), (z, i) => {
      const place = [0.1, 10, 100, 100][i % 4] as number;
      return Math.round(10 * place * Math.round((800 * z) / place)) / 10;
    }),
    step: 0.1,
  },
  "real numbers": { numbers: Float64Array.from(key.normal(900)), step: 0 },
  "real numbers, some repeated": {
    numbers: Float64Array.from(key.normal(900), (z, i) => (i % 3 === 0 ? z : Math.round(20 * z) / 20.1)),
    step: 0,
  },
  "one value": { numbers: Float64Array.of(5, 5, 5), step: 1 },
};

/** All places of the grid from the lowest to the highest value. */
function grid(marginal: NumberMarginal): number[] {
  const { low, high, step } = marginal;
  return Array.from({ length: Math.round((high - low) / step) }, (_, i) => low + step * (i + 0.5));
}

describe.each(Object.entries(rows))("%s", (_, { numbers, step, periods }) => {
  const counted = countValues(numbers);
  const marginal = numberMarginal(counted, step, { periods });

  test("the distribution function rises from 0 to 1, and the quantile undoes it", () => {
    expect(marginal.cdf(marginal.low)).toBe(0);
    expect(marginal.cdf(marginal.high)).toBe(1);
    for (let k = 0; k <= 200; k++) {
      const u = k / 200;
      expect(marginal.cdf(marginal.quantile(u))).toBeCloseTo(u, 9);
    }
    expect(marginal.knots.every((x, i) => i === 0 || x > (marginal.knots[i - 1] as number))).toBe(true);
  });

  test("drawn values lie on the grid and within the range, and have the frequencies of the rows", () => {
    const uniforms = key.fold("draw").uniform(20_000);
    const drawn = Float64Array.from(uniforms, (u) => marginal.value(u));
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const margin = step > 0 ? 1e-6 * step : (high - low) / numbers.length + 1e-5;
    expect(drawn.every((x) => x >= low - margin && x <= high + margin)).toBe(true);
    if (step > 0)
      expect(drawn.every((x) => Math.abs((x - low) / step - Math.round((x - low) / step)) < 1e-6)).toBe(true);
    // The largest difference of two distribution functions, of 20,000 and of all rows.
    const sorted = [drawn, numbers].map((values) => values.slice().sort()) as [Float64Array, Float64Array];
    const below = (values: Float64Array, x: number): number => values.filter((v) => v <= x).length / values.length;
    const worst = Math.max(
      ...Array.from({ length: 50 }, (_, k) => {
        const x = sorted[1][Math.floor((k * numbers.length) / 50)] as number;
        return Math.abs(below(sorted[0], x) - below(sorted[1], x));
      }),
    );
    expect(worst).toBeLessThan(0.03);
  });
});

/** The share of some numbers that are in a part of each period. */
function shareWithin(numbers: ArrayLike<number>, period: number, [from, to]: readonly [number, number]): number {
  const places = Array.from(numbers, (x) => x - period * Math.floor(x / period));
  return places.filter((place) => place >= from && place < to).length / places.length;
}

test("dates keep their hours of the day and their days of the week", () => {
  const uniforms = key.fold("draw dates").uniform(20_000);
  for (const name of ["times of days", "seconds of days"]) {
    const { numbers, step, periods } = rows[name] as (typeof rows)[string];
    const drawn = (hints: object): Float64Array => {
      const marginal = numberMarginal(countValues(numbers), step, hints);
      return Float64Array.from(uniforms, (u) => marginal.value(u));
    };
    const daytime = [8 * 3600, 16 * 3600] as const;
    const share = shareWithin(numbers, DAY, daytime);
    expect(share).toBeGreaterThan(0.8);
    expect(shareWithin(drawn({}), DAY, daytime)).toBeLessThan(0.5);
    expect(Math.abs(shareWithin(drawn({ periods }), DAY, daytime) - share)).toBeLessThan(0.02);
  }
  const { numbers, step, periods } = rows["days of the week"] as (typeof rows)[string];
  const marginal = numberMarginal(countValues(numbers), step, { periods });
  expect(marginal.options.cycles).toMatchObject([{ period: 7 * DAY, weights: { length: 7 } }]);
  const drawn = Float64Array.from(uniforms, (u) => marginal.value(u));
  // 3 and 4 January 1970 are a Saturday and a Sunday.
  expect(shareWithin(drawn, 7 * DAY, [2 * DAY, 4 * DAY])).toBeLessThan(0.01);
  // Uniform dates have no cycle.
  const uniform = Float64Array.from(days, (u) => DAY * Math.floor(3000 * u));
  expect(numberMarginal(countValues(uniform), DAY, { periods: [7 * DAY] }).options.cycles).toBeUndefined();
  const free = Float64Array.from(days, (u, i) => DAY * (Math.floor(300 * u) + (hours[i] as number)));
  expect(numberMarginal(countValues(free), 0, { periods: [DAY, 7 * DAY] }).options.cycles).toBeUndefined();
});

test("round numbers are as frequent as in the rows", () => {
  const { numbers, step } = rows["tenths, tens and hundreds"] as (typeof rows)[string];
  const marginal = numberMarginal(countValues(numbers), step);
  expect(marginal.options.cycles?.map(({ period }) => period)).toEqual([100]);
  const drawn = Float64Array.from(key.fold("round").uniform(20_000), (u) => marginal.value(u));
  const share = (values: Float64Array, unit: number): number =>
    values.filter((x) => Math.abs(x / unit - Math.round(x / unit)) < 1e-6).length / values.length;
  for (const unit of [10, 100]) expect(Math.abs(share(drawn, unit) - share(numbers, unit))).toBeLessThan(0.02);
  const cells = grid(marginal).map((x) => marginal.cdf(x + step / 2) - marginal.cdf(x - step / 2));
  expect(cells.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 9);
  for (const name of [
    "tenths, as smooth as their grid",
    "few integers, each often",
    "many integers, hardly repeated",
  ]) {
    const own = rows[name] as (typeof rows)[string];
    expect(numberMarginal(countValues(own.numbers), own.step).options.cycles).toBeUndefined();
  }
});

test("the cells of a grid have the mass 1 together, and values that repeat have more than their neighbors", () => {
  const { numbers, step } = rows["tenths, some repeated"] as { numbers: Float64Array; step: number };
  const counted = countValues(numbers);
  const marginal = numberMarginal(counted, step);
  expect(marginal.options.observed?.share).toBeGreaterThan(0.3);
  const mass = (x: number): number => marginal.cdf(x + step / 2) - marginal.cdf(x - step / 2);
  expect(grid(marginal).reduce((sum, x) => sum + mass(x), 0)).toBeCloseTo(1, 9);
  const most = counted.values[counted.counts.indexOf(Math.max(...counted.counts))] as number;
  expect(mass(most)).toBeGreaterThan(2 / numbers.length);
  expect(Math.min(...grid(marginal).map(mass))).toBeGreaterThan(0);
});

test("values that repeat by coincidence on a grid have no mass of their own", () => {
  const { numbers, step } = rows["tenths, as smooth as their grid"] as { numbers: Float64Array; step: number };
  expect(numberMarginal(countValues(numbers), step).options.observed).toBeUndefined();
});

test("real numbers repeat as often as the rows do, their density has the integral 1, and rounded numbers have none", () => {
  const { numbers } = rows["real numbers, some repeated"] as { numbers: Float64Array };
  const counted = countValues(numbers);
  const marginal = numberMarginal(counted, 0);
  const repeated = counted.counts.reduce((sum, one) => sum + (one > 1 ? one : 0), 0) / numbers.length;
  const known = new Set(counted.values);
  const drawn = Array.from(key.fold("real draws").uniform(20_000), (u) => known.has(marginal.value(u)));
  expect(repeated).toBeGreaterThan(0.5);
  expect(Math.abs(drawn.filter(Boolean).length / drawn.length - repeated)).toBeLessThan(0.03);
  const ends = marginal.knots;
  let integral = 0;
  for (let k = 1; k < ends.length; k++) {
    const [from, to] = [ends[k - 1] as number, ends[k] as number];
    integral += marginal.density((from + to) / 2) * (to - from);
  }
  expect(integral).toBeCloseTo(1, 9);
  // A row that is left out takes no more than its own part.
  for (const [i, x] of counted.values.entries()) {
    const [all, own] = [marginal.density(x), marginal.density(x, "own")];
    expect(own).toBeGreaterThan(0);
    if (counted.counts[i] === 2) expect(own).toBeLessThan(0.9 * all);
  }
  const tenths = numbers.map((x) => Math.round(10 * x) / 10);
  expect(numberMarginal(countValues(tenths), 0).options.observed).toBeUndefined();
});

// [rows, width of the values, share of rows with a value of a popular list]
test.each([
  [2000, 1e6, 0.5],
  [2000, 3000, 0.3],
  [4000, 20_000, 0.8],
  [1500, 4000, 0.15],
] as const)("of %d rows from a range of %d: draws repeat values as often as the rows do", (count, width, share) => {
  const [a, b, c] = key.fold(`repeats ${width}`).split(3);
  const popular = Array.from(c.uniform(150), (u) => Math.floor(width * u));
  const other = a.uniform(count);
  const choice = b.uniform(count);
  const numbers = Float64Array.from(other, (u, i) => {
    const place = (choice[i] as number) / share;
    return place < 1 ? (popular[Math.floor(150 * place ** 2)] as number) : Math.floor(width * u);
  });
  const counted = countValues(numbers);
  const repeated = counted.counts.reduce((sum, one) => sum + (one > 1 ? one : 0), 0) / count;
  const marginal = numberMarginal(counted, 1);
  const known = new Set(counted.values);
  const drawn = Array.from(key.fold("draws").uniform(20_000), (u) => known.has(Math.round(marginal.value(u))));
  expect(Math.abs(drawn.filter(Boolean).length / drawn.length - repeated)).toBeLessThan(0.03);
  // A value seen once has less than a row, and a row that is left out takes no more than its mass.
  const once = counted.values[counted.counts.indexOf(1)] as number;
  expect(marginal.cell(once, "new").mass).toBeLessThan(1 / count);
  expect(marginal.cell(once, "own").mass).toBeGreaterThan(0);
});

const domains: readonly (readonly [string, NumberDomain | undefined])[] = [
  ["the line", undefined],
  ["a half-line", { low: 0 }],
  ["a half-line far from the center", { low: -40 }],
  ["an interval", { low: -1, high: 7 }],
  ["a circle", { low: -3, high: 9, isCircular: true }],
];

test.each(domains)("the density over %s integrates to 1, and there is none outside", (_, domain) => {
  const floor = numberFloor({ center: 2, scale: 0.7, step: 0, domain });
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = domain ?? {};
  // x = tan t, in which the tails of a Cauchy distribution are finite.
  const points = 200_000;
  const [from, to] = [Math.atan(low), Math.atan(high)];
  let integral = 0;
  for (let i = 0; i < points; i++) {
    const t = from + ((to - from) * (i + 0.5)) / points;
    integral += (Math.exp(floor(Math.tan(t))) / Math.cos(t) ** 2) * ((to - from) / points);
  }
  expect(integral).toBeCloseTo(1, 6);
  if (domain === undefined) return;
  expect(floor(domain.low - 1e-9)).toBe(Number.NEGATIVE_INFINITY);
  if (domain.high !== undefined) expect(floor(domain.high + 1e-9)).toBe(Number.NEGATIVE_INFINITY);
  if (domain.high !== undefined) expect(Number.isFinite(floor(domain.high))).toBe(domain.isCircular !== true);
});

test.each(domains)("the masses of a grid over %s have the sum 1", (_, domain) => {
  for (const step of [1, 0.25]) {
    const floor = numberFloor({ center: 2, scale: 0.7, step, domain });
    let sum = 0;
    for (let i = -400_000; i <= 400_000; i++) sum += Math.exp(floor(i * step));
    expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
  }
});

test("on a grid of tenths no point is lost to rounding", () => {
  const floor = numberFloor({ center: 0.3, scale: 1, step: 0.1, domain: { low: 0, high: 1 } });
  expect(Math.exp(floor(0.7))).toBeCloseTo(1 / 11, 12);
  const circle = numberFloor({ center: 0.3, scale: 1, step: 0.1, domain: { low: 0, high: 1, isCircular: true } });
  expect(Math.exp(circle(0.7))).toBeCloseTo(1 / 10, 12);
});

test("huge bounds and numbers stay finite", () => {
  const wide = numberFloor({ center: 1, scale: 1, step: 0, domain: { low: 0, high: 1e300 } });
  expect(wide(1e299)).toBeCloseTo(-300 * Math.LN10, 6);
  expect(Number.isFinite(numberFloor({ center: 1, scale: 1, step: 0, domain: { low: 0 } })(1e300))).toBe(true);
});

test("values repeat as often as in few rows, if these are as likely then", () => {
  const ends = [0, 2, 5, 7];
  const numbers = Float64Array.from(key.fold("prices").uniform(200), (u, i) => {
    const tenths = Math.floor(10 * -2.5 * Math.log(1 - u));
    return (10 * Math.floor(tenths / 10) + (ends[i % 4] as number)) / 10;
  });
  const marginal = numberMarginal(countValues(numbers), 0.1);
  const { values, counts } = countValues(numbers);
  const mass = Array.from(values, (x) => marginal.cell(x).mass).reduce((sum, own) => sum + own, 0);
  const again = counts.reduce((sum, count) => sum + (count > 1 ? count : 0), 0) / numbers.length;
  expect(Math.abs(mass - again)).toBeLessThan(0.005);
});

test("positive real numbers end at 0", () => {
  const sizes = Float64Array.from(key.fold("sizes").uniform(60), (u) => -Math.log(1 - u) + 1e-6);
  const { low } = numberMarginal(countValues(sizes), 0);
  expect(low).toBeGreaterThanOrEqual(0);
  expect(low).toBeLessThan(Math.min(...sizes));
  expect(numberMarginal(countValues(sizes.map((x) => x - 1)), 0).low).toBeLessThan(Math.min(...sizes) - 1);
  expect(numberMarginal(countValues(sizes), 0, { domain: { low: -1 } }).low).toBeLessThan(0);
});

test("real numbers with few decimals repeat if they are far apart in units of these", () => {
  const areas = Float64Array.from(key.fold("areas").uniform(400), (u, i) =>
    i % 3 === 0 ? 59662.50390625 : Math.round(2 ** 7 * 1e5 * u) / 2 ** 7,
  );
  expect(numberMarginal(countValues(areas), 0).options.observed?.share).toBeGreaterThan(0.3);
  const tenths = areas.map((x) => Math.round(x / 100) / 10);
  expect(numberMarginal(countValues(tenths), 0).options.observed).toBeUndefined();
});

/** Columns of numbers: seeds of their ranges, tails, shares of repeated numbers, and places of the origin. */
const random = Array.from({ length: 60 }, (_, seed) => {
  const own = key.fold("columns").fold(seed);
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = own.uniform(5);
  const step = 10 ** Math.round(-12 + 15 * a);
  // Float64 distinguishes at least 2⁴⁶ places of a grid.
  const range = Math.min(step * 10 ** (1 + 12.8 * b), 1e12);
  return {
    seed,
    key: own,
    step,
    range,
    repeated: [0, c, 1][seed % 3] as number,
    rows: Math.round(20 + 2500 * d),
    tail: e,
  };
});

function numbersOfColumn({ key: own, step, range, repeated, rows, tail, seed }: (typeof random)[number]): Float64Array {
  const uniforms = (name: string): Float32Array => own.fold(name).uniform(rows);
  const [places, choices, which] = [uniforms("places"), uniforms("choices"), uniforms("which")];
  const often = (own as Key).fold("often").uniform(12);
  const steps = Math.floor(range / step);
  const origin = seed % 2 === 0 ? 0 : -Math.floor(steps / 2);
  return Float64Array.from(places, (u, i) => {
    const isRepeated = (choices[i] as number) < repeated;
    const share = isRepeated ? (often[Math.floor(12 * (which[i] as number))] as number) : u;
    // From even to heavy tails.
    return step * (origin + Math.floor(steps * share ** (1 + 8 * tail)));
  });
}

test("the mass of each cell is positive and finite, and a row of its own may be left out", () => {
  for (const column of random) {
    const numbers = numbersOfColumn(column);
    const marginal = numberMarginal(countValues(numbers), column.step);
    const others = column.key
      .fold("new")
      .uniform(200)
      .map((u) => u);
    const drawn = Float64Array.from(others, (u) => marginal.value(u));
    for (const [values, origin] of [
      [numbers, "own"],
      [numbers, "new"],
      [drawn, "new"],
    ] as const) {
      for (const x of values) {
        const { below, mass, above } = marginal.cell(x, origin);
        expect(mass > 0 && mass <= 1 + 1e-12, `column ${column.seed}, ${origin} ${x}: mass ${mass}`).toBe(true);
        // The ends of a cell have the rounding of its number.
        const rounding = (4 * Number.EPSILON * Math.max(Math.abs(marginal.low), Math.abs(marginal.high))) / column.step;
        expect(below >= 0 && above >= 0, `column ${column.seed}, ${origin} ${x}`).toBe(true);
        expect(Math.abs(below + mass + above - 1), `column ${column.seed}, ${origin} ${x}`).toBeLessThan(
          1e-9 + rounding,
        );
      }
    }
  }
});

test("the masses of all cells add up to 1", () => {
  const isSmall = ({ range, step }: (typeof random)[number]): boolean => range / step < 3e5;
  const small = random.filter(isSmall);
  expect(small.length).toBeGreaterThan(10);
  for (const column of small) {
    const marginal = numberMarginal(countValues(numbersOfColumn(column)), column.step);
    const total = grid(marginal).reduce((sum, x) => sum + marginal.cell(x).mass, 0);
    expect(Math.abs(total - 1), `column ${column.seed}`).toBeLessThan(1e-9);
  }
});
