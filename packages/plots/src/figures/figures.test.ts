import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  contourPlot,
  coveragePlot,
  densityPlot1d,
  intervalPlot,
  lossPlot,
  nullPlot,
  pairHeatPlot,
  pairPlot,
  panelFigure,
  probabilityPlot,
  rankPlot,
  seriesPlot,
} from "../index.ts";
import { textWidth } from "../marks/elements.ts";

const line = Array.from({ length: 61 }, (_, i) => -3 + 0.1 * i);
const bell = line.map((x) => Math.exp(-0.5 * x * x));
const plane = line.flatMap((y) => line.map((x) => -0.5 * (x * x + (y - 0.3 * x * x) ** 2)));
// A fixed low-discrepancy sequence: no generator is needed.
const spread = (count: number, step: number): Float64Array =>
  new Float64Array(count).map((_, i) => -3 + 6 * (((i + 1) * step) % 1));
const a = spread(300, 0.618034);
const b = spread(300, 0.754878).map((v, i) => v / 3 + (a[i] as number) / 2);

/** Name → picture; every kind of plot with most of its options. */
const pictures: Record<string, (texts: string) => string> = {
  densityPlot1d: (text) =>
    densityPlot1d({ x: line, density: bell, samples: a, trueDensity: bell, title: text, xLabel: text, name: text }),
  contourPlot: (text) =>
    contourPlot({
      x: line,
      y: line,
      logDensity: plane,
      points: { x: a, y: b, name: text },
      trueContours: { x: line, y: line, logDensity: plane },
      aspect: "equal",
      title: text,
      xLabel: text,
      yLabel: text,
    }),
  "contourPlot, dark": () =>
    contourPlot({ x: line, y: line, logDensity: plane, theme: "dark", levels: { decades: 3 } }),
  "pairPlot, points": (text) =>
    pairPlot({
      columns: [text, "b", "c"],
      sets: [
        { name: text, values: [a, b, a] },
        { name: "other", values: [b, a, b] },
      ],
      title: text,
    }),
  "pairPlot, categories": (text) =>
    pairPlot({
      columns: ["kind", text, "when"],
      sets: [
        { name: text, values: [a.map((v) => Math.floor(v / 2 + 1.5)), b, a.map((v) => 1e9 * (2 + v / 3))] },
        {
          name: "few",
          values: [
            [0, 2, Number.NaN],
            [0, 1, -1],
            [1e9, 2e9, 3e9],
          ],
          color: "#3c4043",
        },
      ],
      categories: [["red", text, "a name that is too long for its place"], undefined, undefined],
      labels: [undefined, undefined, (seconds) => new Date(1000 * seconds).toISOString().slice(0, 10)],
    }),
  "pairPlot, density": (text) =>
    pairPlot({ columns: ["a", text], sets: [{ name: text, values: [a, b] }], mode: "density" }),
  pairHeatPlot: (text) =>
    pairHeatPlot({
      columns: [text, "b"],
      sets: [
        { name: text, values: [a.map((v) => Math.floor(v / 2 + 1.5)), b] },
        {
          name: "few",
          values: [
            [0, 2, Number.NaN],
            [0, 1, -1],
          ],
        },
      ],
      categories: [["red", text, "a name that is too long for its place"], undefined],
      title: text,
    }),
  lossPlot: (text) =>
    lossPlot({
      train: [5, 3, 2, 1.5],
      validation: [5.2, 3.1, 2.4, 2.5],
      bestEpoch: 3,
      references: [{ name: text, value: 3 }],
      title: text,
    }),
  rankPlot: (text) =>
    rankPlot({ counts: [12, 31, 22, 19], band: [14, 28], range: [0, 99], bandName: text, title: text, xLabel: text }),
  coveragePlot: (text) =>
    coveragePlot({
      series: [
        { name: text, levels: [0, 0.5, 1], coverage: [0, 0.4, 1], region: { low: [0, 0.3, 1], high: [0, 0.5, 1] } },
        { name: "other", levels: [0, 1], coverage: [0, 1] },
      ],
      band: { levels: [0, 0.5, 1], low: [0, 0.45, 1], high: [0, 0.55, 1] },
      bandName: text,
      title: text,
    }),
  "coveragePlot, dark": () =>
    coveragePlot({ series: [{ name: "a", levels: [0, 1], coverage: [0, 1] }], theme: "dark" }),
  probabilityPlot: (text) =>
    probabilityPlot({
      levels: [0, 0.4, 0.5, 0.6, 1],
      cdf: [0, 0.2, 0.6, 0.9, 1],
      low: [0, 0, 0.3, 0.9, 1],
      high: [0, 0.1, 0.7, 1, 1],
      name: text,
      regionName: text,
      title: text,
    }),
  nullPlot: (text) =>
    nullPlot({ statistic: 0.03, nullStatistics: a.map((v) => 0.001 * v * v), name: text, title: text }),
  intervalPlot: (text) =>
    intervalPlot({
      intervals: [
        { name: text, low: 1, median: 2, high: 4, observed: 3 },
        { name: "b", low: -1, median: 0, high: 1, observed: 5 },
      ],
      title: text,
      xLabel: text,
    }),
  seriesPlot: (text) =>
    seriesPlot({
      series: [{ name: text, x: [1, 10, 100], values: [0.1, 0.01, 0.001], dashed: true }],
      xScale: "log",
      yScale: "log",
      xLabel: text,
    }),
};

Object.assign(pictures, {
  "seriesPlot, dots": (text: string) => seriesPlot({ series: [{ name: text, x: a, values: b, dots: true, size: 4 }] }),
  panelFigure: (text: string) =>
    panelFigure({ plots: [picture("lossPlot"), picture("densityPlot1d")], columns: 1, title: text }),
});

function picture(name: string): string {
  return (pictures[name] as (text: string) => string)("part");
}

/** A strict reader of the XML that the pictures may consist of: elements, quoted attributes, the escapes, text. */
function checkXml(svg: string): void {
  const open: string[] = [];
  const pairs: (readonly [string | undefined, string])[] = [];
  const [names, keys] = [new Set<string>(), new Set<string>()];
  const token = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<>]*")*)(\/?)>|([^<>]+)/gy;
  let end = 0;
  for (const match of svg.matchAll(token)) {
    end = match.index + match[0].length;
    const [, slash, name, attributes, selfClosed] = match;
    if (name === undefined) continue;
    names.add(name);
    for (const [, key] of (attributes as string).matchAll(/ ([a-zA-Z:-]+)=/g)) keys.add(key as string);
    if (slash === "/") pairs.push([open.pop(), name]);
    else if (selfClosed === "") open.push(name);
  }
  expect(end).toBe(svg.length);
  expect(open).toEqual([]);
  expect(pairs.filter(([opened, closed]) => opened !== closed)).toEqual([]);
  expect(["svg", "title", "desc", "g", "rect", "path", "circle", "text", "tspan"]).toEqual(
    expect.arrayContaining([...names]),
  );
  for (const key of keys) expect(key).not.toMatch(/^(on.*|.*href|style|class|id)$/);
  expect(svg.replaceAll(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
}

describe.each(Object.entries(pictures))("%s", (name, draw) => {
  test("is a self-contained, accessible document with finite numbers", () => {
    const svg = draw("Title");
    checkXml(svg);
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+" height="\d+" viewBox="0 0 \d+ \d+" role="img"/,
    );
    expect(svg).toMatch(/<title>[^<]+<\/title><desc>[^<]+<\/desc>/);
    expect(svg.replaceAll(/#[0-9a-f]{6}/g, "")).not.toMatch(/NaN|Infinity|undefined|\de[-+]?\d/);
    expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/url|http|<script|<image|@import/);
  });

  test("survives hostile texts", () => {
    const hostile = `</text><script>alert("1")</script>&'\u0000\uD800]]>${"<a>".repeat(5000)}`;
    const svg = draw(hostile);
    checkXml(svg);
    expect(svg).not.toContain("<script");
    expect(svg.length).toBeLessThan(200_000);
  });

  // When one of these changes, look at the picture before the digest is renewed.
  test("is the same picture as ever", () => {
    const svg = draw("Title");
    expect(draw("Title")).toBe(svg);
    expect(createHash("sha256").update(svg).digest("hex").slice(0, 12)).toBe(DIGESTS[name]);
  });
});

const DIGESTS: Readonly<Record<string, string>> = {
  densityPlot1d: "d4be09fa2cda",
  contourPlot: "393b59c24a89",
  "contourPlot, dark": "18d7aaf7e53b",
  "pairPlot, points": "ab5d9062ae9f",
  "pairPlot, categories": "e5cc5cc2a048",
  "pairPlot, density": "76147ed1eed6",
  pairHeatPlot: "30c4b8f42c51",
  lossPlot: "6907aca44e66",
  rankPlot: "f7159b33d361",
  coveragePlot: "fadb1cd1d08f",
  "coveragePlot, dark": "c6f8a2f46364",
  probabilityPlot: "142dac2d6a83",
  nullPlot: "1cc417591b8b",
  intervalPlot: "f8e0ed44f6e1",
  seriesPlot: "c844da7800ef",
  "seriesPlot, dots": "061c92624431",
  panelFigure: "853216aa89d7",
};

describe("what the pictures show", () => {
  const square = { x: [0, 1, 2], y: [0, 1], density: [0, 1, 0, 0, 1, 0] };

  test("an equal aspect gives one scale to both axes, a number a multiple of it", () => {
    const panel = (svg: string): [number, number] => {
      const [, width, height] = svg.match(/<svg x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="([\d.]+)"/) ?? [];
      return [Number(width), Number(height)];
    };
    const [width, height] = panel(contourPlot({ ...square, aspect: "equal" }));
    expect(width / height).toBeCloseTo(2, 2);
    const [wide, tall] = panel(contourPlot({ ...square, aspect: 1.5 }));
    expect(wide / tall).toBeCloseTo(2 / 1.5, 2);
  });

  test("points above the cap are thinned evenly, and the legend says so", () => {
    const x = Array.from({ length: 1000 }, (_, i) => i / 500);
    const svg = contourPlot({ ...square, points: { x, y: x.map((v) => v / 3) }, maxPoints: 100 });
    expect(svg.match(/h0/g)).toHaveLength(100);
    expect(svg).toContain("data (100 of 1000)");
    const pair = pairPlot({ columns: ["a", "b"], sets: [{ name: "s", values: [x, x] }], maxPoints: 50 });
    expect(pair.match(/h0/g)).toHaveLength(50);
  });

  test("rows with non-finite values, and those outside the axes, are left out", () => {
    const points = { x: [0.5, Number.NaN, Infinity, 5], y: [0.5, 0.5, 0.5, 0.5] };
    expect(contourPlot({ ...square, points })).toContain("data (n = 1)");
    const values = [
      [1, 2, Number.NaN, 4],
      [1, -Infinity, 3, 4],
    ];
    expect(pairPlot({ columns: ["a", "b"], sets: [{ name: "s", values }] }).match(/h0/g)).toHaveLength(2);
    expect(densityPlot1d({ x: [0, 1], density: [1, 1], samples: [0.5, Number.NaN] })).toContain("samples (n = 1)");
  });

  test("the shades of mass and of density are named", () => {
    const masses = contourPlot({ ...square, levels: { mass: [0.5, 0.975] } });
    expect(masses).toContain("97.5 %");
    expect(masses).toContain(">mass<");
    const densities = contourPlot({ ...square, levels: { density: [0.5, 0.00002] } });
    expect(densities).toContain(">0.5<");
    expect(densities).toMatch(/>2\.0×10<tspan[^>]*>−5</);
  });

  test("a log-density and its density give the same picture", () => {
    const levels = { density: [0.01, 0.1, 0.5] };
    const density = plane.map(Math.exp);
    const picture = contourPlot({ x: line, y: line, density, levels });
    expect(picture).toBe(contourPlot({ x: line, y: line, logDensity: plane, levels }));
    expect(picture).not.toBe(contourPlot({ x: line, y: line, logDensity: density, levels }));
  });

  test("a loss that starts far above is cut, one that does not is shown whole", () => {
    const loss = Array.from({ length: 40 }, (_, i) => 2 + Math.exp(-i / 20));
    expect(lossPlot({ train: loss })).toContain(">3.0<");
    const cut = lossPlot({ train: loss.map((value, i) => (i < 2 ? 1e6 : value)) });
    expect(cut).not.toContain("×10");
    expect(lossPlot({ train: loss, bestEpoch: 40 })).toContain("best: epoch 40 (2.142)");
  });

  test("non-finite values interrupt a curve", () => {
    const svg = seriesPlot({ series: [{ name: "s", values: [1, 2, Number.NaN, 2, 1, Infinity, 3] }] });
    const path = svg.match(/d="(M[^"]*)" fill="none" stroke="#0072b2"/)?.[1] as string;
    expect(path.match(/M/g)).toHaveLength(3);
    expect(path).toMatch(/h0$/);
  });

  test("dots are joined by no line", () => {
    const svg = seriesPlot({ series: [{ name: "s", values: [1, 2, Number.NaN, 3], dots: true }] });
    expect(svg.match(/h0/g)).toHaveLength(3);
  });

  test("a mark goes through all panels that hold it", () => {
    const values = [a, b];
    const limits = [[-3, 3] as const, [-3, 3] as const];
    const draw = (mark: number[]): string =>
      pairPlot({ columns: ["a", "b"], sets: [{ name: "s", values }], limits, mark: { name: "truth", values: mark } });
    const lines = (svg: string): number => svg.match(/stroke-dasharray="5 3.5"/g)?.length ?? 0;
    // Three panels and the legend.
    expect(lines(draw([0, 1]))).toBe(4);
    expect(lines(draw([Number.NaN, 1]))).toBe(3);
    expect(lines(draw([9, 9]))).toBe(1);
    expect(() => draw([0])).toThrow("pairPlot: expected mark.values with 2 values, got 1.");
  });

  test("panels keep their sizes and stand in a grid", () => {
    const plot = (width: number, height: number): string => seriesPlot({ series: [], width, height });
    const svg = panelFigure({ plots: [plot(300, 200), plot(400, 150), plot(200, 300)], columns: 2 });
    expect(svg).toMatch(/^<svg xmlns="[^"]*" width="700" height="500"/);
    const places = [...svg.matchAll(/<svg x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)" viewBox/g)].map((m) =>
      m.slice(1),
    );
    expect(places).toEqual([
      ["0", "0", "300", "200"],
      ["300", "0", "400", "150"],
      ["0", "200", "200", "300"],
    ]);
    expect(svg.match(/xmlns/g)).toHaveLength(1);
  });

  test("a transparent picture has no background, a dark one its own", () => {
    expect(contourPlot({ ...square, transparent: true })).not.toContain("#ffffff");
    expect(contourPlot({ ...square })).toContain('fill="#ffffff"');
    expect(contourPlot({ ...square, theme: "dark" })).toContain('fill="#0d1117"');
  });
});

describe("degenerate inputs still give a picture", () => {
  const cases: Record<string, () => string> = {
    "density 0 everywhere": () => densityPlot1d({ x: [0, 1], density: [0, 0] }),
    "two grid points": () => densityPlot1d({ x: [1e9, 1e9 + 1], density: [1, 0], samples: [] }),
    "all samples equal": () =>
      densityPlot1d({ x: [0, 1, 2], density: [0, 1, 0], samples: new Float32Array(50).fill(1) }),
    "constant density": () => contourPlot({ x: [0, 1], y: [0, 1], density: [1, 1, 1, 1] }),
    "one node of mass": () => contourPlot({ x: [0, 1, 2], y: [0, 1, 2], density: [0, 0, 0, 0, 5, 0, 0, 0, 0] }),
    "no points": () => contourPlot({ x: [0, 1], y: [0, 1], density: [1, 2, 3, 4], points: { x: [], y: [] } }),
    "a narrow map": () => contourPlot({ x: [0, 1e-6], y: [0, 1e6], density: [1, 2, 3, 4], aspect: "equal" }),
    "tiny and huge units": () => contourPlot({ x: [0, 1e-12], y: [1e15, 2e15], density: [1, 2, 3, 4] }),
    "log-density of −1e30": () => contourPlot({ x: [0, 1], y: [0, 1], logDensity: [-1e30, -1e30, -Infinity, -2e30] }),
    "no rows": () => pairPlot({ columns: ["a", "b"], sets: [{ name: "s", values: [[], []] }] }),
    "no sets": () => pairPlot({ columns: ["a"], sets: [] }),
    "one row": () => pairPlot({ columns: ["a", "b"], sets: [{ name: "s", values: [[1], [2]] }] }),
    "constant columns": () =>
      pairPlot({
        columns: ["a", "b"],
        sets: [
          {
            name: "s",
            values: [
              [1, 1],
              [0, 0],
            ],
          },
        ],
        mode: "density",
      }),
    "all NaN": () =>
      pairPlot({ columns: ["a", "b"], sets: [{ name: "s", values: [[Number.NaN], [Number.NaN]] }], mode: "density" }),
    "twelve columns": () =>
      pairPlot({ columns: Array.from("abcdefghijkl"), sets: [{ name: "s", values: new Array(12).fill([1, 2]) }] }),
    "one epoch": () => lossPlot({ train: [2], validation: [2], bestEpoch: 1 }),
    "no epoch": () => lossPlot({ train: [] }),
    "a best epoch of NaN": () => lossPlot({ train: [1, 2], validation: [Number.NaN, 1], bestEpoch: 1 }),
    "no series": () => seriesPlot({ series: [] }),
    "nothing positive on a log axis": () => seriesPlot({ series: [{ name: "s", values: [0, -1] }], yScale: "log" }),
    "the largest numbers": () => seriesPlot({ series: [{ name: "s", values: [-1.7e308, 1.7e308] }] }),
    "counts of 0": () => rankPlot({ counts: [0, 0] }),
    "one statistic, equal to the null": () => nullPlot({ statistic: 0, nullStatistics: [0] }),
    "no curves": () => coveragePlot({ series: [] }),
    "a title only": () => seriesPlot({ series: [], title: "t", width: 160, height: 120 }),
  };
  test.each(Object.entries(cases))("%s", (_, draw) => {
    const svg = draw();
    checkXml(svg);
    expect(svg).not.toMatch(/(="|[ MLHVlhv,-])(NaN|-?Infinity|undefined)/);
  });
});

describe("errors name the place, what was expected and what was given", () => {
  const grid = { x: [0, 1], y: [0, 1], density: [1, 1, 1, 1] };
  const cases: Record<string, [() => string, ErrorConstructor, string]> = {
    "no counts": [() => rankPlot({ counts: [] }), RangeError, "rankPlot: expected at least one count, got none."],
    "negative counts": [
      () => rankPlot({ counts: [1, -1] }),
      RangeError,
      "rankPlot: expected finite counts of at least 0, got -1 at counts[1].",
    ],
    "a band upside down": [
      () => rankPlot({ counts: [1], band: [3, 2] }),
      RangeError,
      "rankPlot: expected band as finite low ≤ high from 0, got [3, 2].",
    ],
    "an empty range": [
      () => rankPlot({ counts: [1], range: [1, 1] }),
      RangeError,
      "rankPlot: expected range as finite low < high, got [1, 1].",
    ],
    "coverage of another length": [
      () => coveragePlot({ series: [{ name: "s", levels: [0, 1], coverage: [0] }] }),
      RangeError,
      'coveragePlot: expected coverage of "s" with 2 values, got 1.',
    ],
    "levels out of order": [
      () => probabilityPlot({ levels: [0, 0], cdf: [0, 1] }),
      RangeError,
      "probabilityPlot: expected levels finite and increasing, got 0 at levels[1].",
    ],
    "a region of another length": [
      () => probabilityPlot({ levels: [0, 1], cdf: [0, 1], low: [0], high: [1, 1] }),
      RangeError,
      'probabilityPlot: expected low of "region" with 2 values, got 1.',
    ],
    "a statistic of NaN": [
      () => nullPlot({ statistic: Number.NaN, nullStatistics: [1] }),
      RangeError,
      "nullPlot: expected statistic as a finite number, got NaN.",
    ],
    "an empty null": [
      () => nullPlot({ statistic: 1, nullStatistics: [Number.NaN] }),
      RangeError,
      "nullPlot: expected a finite number in nullStatistics, got none.",
    ],
    "no intervals": [
      () => intervalPlot({ intervals: [] }),
      RangeError,
      "intervalPlot: expected at least one interval, got none.",
    ],
    "an empty interval": [
      () => intervalPlot({ intervals: [{ name: "a", low: 1, median: 1, high: 1, observed: 0 }] }),
      RangeError,
      'intervalPlot: expected finite low < high around the median and observed in "a", got [1, 1, 1], 0.',
    ],
    lengths: [
      () => densityPlot1d({ x: [0, 1], density: [1] }),
      RangeError,
      "densityPlot1d: expected density with 2 values, got 1.",
    ],
    negative: [
      () => densityPlot1d({ x: [0, 1], density: [1, -1] }),
      RangeError,
      "densityPlot1d: expected finite densities of at least 0, got -1 at density[1].",
    ],
    "not numbers": [
      () => densityPlot1d({ x: [0, 1], density: ["1", 2] as never }),
      TypeError,
      'densityPlot1d: expected a number at density[0], got "1".',
    ],
    "points of two lengths": [
      () => contourPlot({ ...grid, points: { x: [1, 2], y: [1] } }),
      RangeError,
      "contourPlot: expected points.y with 2 values, got 1.",
    ],
    "a panel of something else": [
      () => panelFigure({ plots: ["<svg></svg>"] }),
      TypeError,
      'panelFigure: expected plots[0] as a picture of this package, got "<svg></svg>".',
    ],
    "no panels": [
      () => panelFigure({ plots: [] }),
      RangeError,
      "panelFigure: expected at least one picture, got none.",
    ],
    "both densities": [
      () => contourPlot({ ...grid, logDensity: [1, 1, 1, 1] } as never),
      TypeError,
      "contourPlot: expected one of density and logDensity, got both.",
    ],
    "true contours": [
      () => contourPlot({ ...grid, trueContours: { x: [0, 1], y: [1, 0], density: [1, 1, 1, 1] } }),
      RangeError,
      "contourPlot (trueContours): expected y finite and increasing, got 0 at y[1].",
    ],
    "no levels": [
      () => contourPlot({ ...grid, levels: { mass: [] } }),
      RangeError,
      "contourPlot: expected at least one value in levels.mass, got none.",
    ],
    "bad level": [
      () => contourPlot({ ...grid, levels: { density: [0] } }),
      RangeError,
      "contourPlot: expected levels.density above 0 and finite, got 0.",
    ],
    aspect: [
      () => contourPlot({ ...grid, aspect: -1 }),
      RangeError,
      "contourPlot: expected aspect as a positive number, got -1.",
    ],
    theme: [
      () => contourPlot({ ...grid, theme: "toString" as never }),
      RangeError,
      'contourPlot: expected theme "light" or "dark", got "toString".',
    ],
    size: [
      () => contourPlot({ ...grid, width: 10 }),
      RangeError,
      "contourPlot: expected a picture of at least 160 × 120 pixels, got 10 × 560.",
    ],
    "set of other columns": [
      () => pairPlot({ columns: ["a", "b"], sets: [{ name: "s", values: [[1]] }] }),
      RangeError,
      'pairPlot: expected 2 columns in set "s", got 1.',
    ],
    "ragged set": [
      () => pairPlot({ columns: ["a", "b"], sets: [{ name: "s", values: [[1, 2], [1]] }] }),
      RangeError,
      'pairPlot: expected 2 rows in every column of set "s", got 1 in column 1.',
    ],
    "no columns": [() => pairPlot({ columns: [], sets: [] }), RangeError, "pairPlot: expected 1 to 12 columns, got 0."],
    limits: [
      () => pairPlot({ columns: ["a"], sets: [], limits: [[1, 1]] }),
      RangeError,
      "pairPlot: expected limits[0] as finite low < high, got [1, 1].",
    ],
    mode: [
      () => pairPlot({ columns: ["a"], sets: [], mode: "x" as never }),
      RangeError,
      'pairPlot: expected mode "auto", "points" or "density", got "x".',
    ],
    "small panels": [
      () => pairPlot({ columns: ["a"], sets: [], width: 100 }),
      RangeError,
      "pairPlot: expected room for panels of at least 24 pixels, got width 100 for 1 columns.",
    ],
    "best epoch": [
      () => lossPlot({ train: [1, 2], bestEpoch: 0 }),
      RangeError,
      "lossPlot: expected bestEpoch as an integer from 1 to 2, got 0.",
    ],
    "series length": [
      () => seriesPlot({ series: [{ name: "s", x: [1], values: [1, 2] }] }),
      RangeError,
      'seriesPlot: expected x of "s" with 2 values, got 1.',
    ],
    range: [
      () => seriesPlot({ series: [], yRange: [0, 1], yScale: "log" }),
      RangeError,
      "seriesPlot: expected yRange as finite low < high (above 0 on a log axis), got [0, 1].",
    ],
    scale: [
      () => seriesPlot({ series: [], xScale: "sqrt" as never }),
      RangeError,
      'seriesPlot: expected xScale "linear" or "log", got "sqrt".',
    ],
    color: [
      () => seriesPlot({ series: [{ name: "s", values: [1], color: "url(#x)" }] }),
      RangeError,
      'seriesPlot: expected a color such as "#0072b2" or "teal", got "url(#x)".',
    ],
    count: [
      () => contourPlot({ ...grid, maxPoints: 1.5 }),
      RangeError,
      "contourPlot: expected maxPoints as an integer of at least 0, got 1.5.",
    ],
  };
  test.each(Object.entries(cases))("%s", (_, [draw, kind, message]) => {
    expect(draw).toThrow(new kind(message));
    expect(draw).toThrow(kind);
  });
});

test("a band is the area between two curves, in the range of the axis", () => {
  const svg = seriesPlot({
    series: [{ name: "central half", x: [0, 1, 2], values: [0, 1, Number.NaN], upper: [4, 5, 6] }],
  });
  const [, band = ""] = svg.match(/ d="([^"]*z)"[^>]*fill-opacity="(?:0?\.22)"/) ?? [];
  // Two points below and two above, and an edge that is vertical has one number; the third point has no lower end.
  expect(band.match(/-?\d+(?:\.\d+)?/g)?.length).toBe(7);
  expect(band).toMatch(/z$/);
  expect(svg).toContain("central half");
  expect(() => seriesPlot({ series: [{ name: "b", values: [1, 2], upper: [1] }] })).toThrow(/upper ends of "b"/);
});

test("samples of a density have a name", () => {
  const svg = densityPlot1d({ x: [0, 1], density: [1, 1], samples: [0.5], samplesName: "data" });
  expect(svg).toContain("data (n = 1)");
});

test("labels of ticks touch neither the name of their column nor the labels of the next panel", () => {
  const values = [
    Float64Array.from({ length: 50 }, (_, i) => i),
    Float64Array.from({ length: 50 }, (_, i) => (i * 7) % 50),
  ];
  const date = (value: number): string => `2022-08-${String(Math.round(value) + 10)}`;
  const svg = pairPlot({ columns: ["a", "b"], sets: [{ name: "data", values }], labels: [date, date], title: "t" });
  const ends = [...svg.matchAll(/text-anchor="end"[^>]*>((?:<text[^>]*>[^<]*<\/text>)+)/g)].flatMap(([, group]) => [
    ...(group as string).matchAll(/<text x="([\d.]+)"[^>]*>([^<]*)</g),
  ]);
  expect(ends.length).toBeGreaterThan(0);
  for (const [, x, label] of ends) {
    expect(label).toMatch(/^2022-08-\d\d$/);
    // The name of the column ends at 29.
    expect(Number(x) - textWidth(label as string, 11)).toBeGreaterThan(29);
  }
});
