import { type ArchitectureName, architectureNames, architectures } from "pushforward";
import { type FileReading, FOUND, OPTIONS, type OptionName } from "./options.ts";

/** Toy sets by the names of the library, in the order of the page. */
export const TOY_NAMES = [
  "moons",
  "2spirals",
  "swissroll",
  "rings",
  "circles",
  "pinwheel",
  "8gaussians",
  "checkerboard",
  "cos",
  "line",
] as const;

export type ToyName = (typeof TOY_NAMES)[number];

/** Source of the rows: a toy set, a table of the library, points drawn by hand, a file of the visitor. */
export type DataName = ToyName | "earthquakes" | "penguins" | "drawn" | "file";

const DATA_NAMES: readonly DataName[] = [...TOY_NAMES, "earthquakes", "penguins", "drawn", "file"];

/** Type of model for a table: a flow, the density of any table, or an automatic choice by the columns. */
type Way = "auto" | "flow" | "table";

/** Column kinds set by the visitor: pairs of a name and a kind, for instance `date(%d/%m/%Y)`. */
export type DeclaredKinds = readonly (readonly [column: string, kind: string])[];

/** Everything that decides a run: it is the address of the page. */
export interface Settings extends Readonly<Record<OptionName, number>>, FileReading {
  readonly data: DataName;
  /** Columns to model and columns to condition on, of a table; all numbers, and none, when empty. */
  readonly columns: readonly string[];
  readonly given: readonly string[];
  /** True to leave out rows with missing values. */
  readonly dropMissing: boolean;
  readonly way: Way;
  readonly kinds: DeclaredKinds;
  /** Points drawn by hand: x, y, x, y, … */
  readonly points: readonly number[];
  readonly flow: ArchitectureName;
  readonly backend: "wasm" | "cpu";
}

/** Side of the square in which points are drawn: coordinates go from −DRAWING to DRAWING. */
export const DRAWING = 4;

const DEFAULTS: Settings = {
  data: "moons",
  columns: [],
  given: [],
  dropMissing: false,
  way: "auto",
  kinds: [],
  ...FOUND,
  points: [],
  flow: "nsf",
  backend: "wasm",
  ...(Object.fromEntries(Object.entries(OPTIONS).map(([name, { initial }]) => [name, initial])) as Record<
    OptionName,
    number
  >),
};

const NUMBERS = Object.keys(OPTIONS) as OptionName[];

/**
 * Returns settings for different data, or different columns of the same data. New data resets the column settings,
 * because they have no meaning for a different table. Column settings in a link to a file are kept for the file opened
 * next.
 *
 * @param awaitsFile `true` if the settings name a file that has not been opened yet.
 */
export function withData(settings: Settings, change: Partial<Settings>, awaitsFile: boolean): Settings {
  const isOther = change.data !== undefined && !(change.data === "file" && settings.data === "file" && awaitsFile);
  const own = { columns: [], given: [], dropMissing: false, way: "auto", kinds: [], ...FOUND } as const;
  return { ...settings, ...(isOther ? own : {}), ...change };
}

/** Formats settings for the address. Includes only settings that differ from the defaults. */
export function formatSettings(settings: Settings): string {
  const query = new URLSearchParams();
  const defaults = defaultsOf(settings.flow);
  for (const name of ["data", "flow", "backend", "way", "encoding", "header"] as const) {
    if (settings[name] !== DEFAULTS[name]) query.set(name, settings[name]);
  }
  for (const name of NUMBERS) if (settings[name] !== defaults[name]) query.set(name, String(settings[name]));
  for (const name of ["columns", "given", "kinds", "na"] as const) {
    if (settings[name].length > 0) query.set(name, JSON.stringify(settings[name]));
  }
  if (settings.dropMissing) query.set("missing", "drop");
  if (settings.data === "drawn" && settings.points.length > 0) query.set("points", formatPoints(settings.points));
  return query.toString();
}

/** Reads settings from an address. Missing or invalid settings get their defaults. */
export function parseSettings(text: string): Settings {
  const query = new URLSearchParams(text.replace(/^#/, ""));
  const oneOf = <T extends string>(name: string, values: readonly T[], otherwise: T): T =>
    values.find((value) => value === query.get(name)) ?? otherwise;
  const flow = oneOf("flow", architectureNames, DEFAULTS.flow);
  const defaults = defaultsOf(flow);
  return {
    data: oneOf("data", DATA_NAMES, DEFAULTS.data),
    flow,
    backend: oneOf("backend", ["wasm", "cpu"], DEFAULTS.backend),
    columns: parseNames(query.get("columns")),
    given: parseNames(query.get("given")),
    dropMissing: query.get("missing") === "drop",
    way: oneOf("way", ["auto", "flow", "table"], DEFAULTS.way),
    kinds: parseKinds(query.get("kinds")),
    encoding: oneOf("encoding", ["found", "utf-8", "windows-1252"], DEFAULTS.encoding),
    header: oneOf("header", ["found", "names", "none"], DEFAULTS.header),
    na: parseNames(query.get("na")),
    points: parsePoints(query.get("points") ?? ""),
    ...(Object.fromEntries(
      NUMBERS.map((name) => [name, query.has(name) ? withinLimits(name, query.get(name) as string) : defaults[name]]),
    ) as Record<OptionName, number>),
  };
}

/** Returns a number within the limits of an option; the default if the text is not a number. */
export function withinLimits(name: OptionName, text: string): number {
  const { least, most, initial, whole } = OPTIONS[name];
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) return initial;
  return Math.min(most, Math.max(least, whole ? Math.round(value) : value));
}

/** The defaults, for an architecture. */
function defaultsOf(flow: ArchitectureName): Settings {
  return { ...DEFAULTS, flow, transforms: architectures[flow].transforms };
}

function parseNames(text: string | null): string[] {
  const names = parseList(text);
  return names.every((name) => typeof name === "string") ? names : [];
}

function parseKinds(text: string | null): DeclaredKinds {
  const pairs = parseList(text);
  const isPair = (pair: unknown): pair is readonly [string, string] =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string");
  return pairs.every(isPair) ? pairs : [];
}

function parseList(text: string | null): unknown[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STEPS = 4096;

// Two digits of 64 a coordinate: steps of a five-hundredth.
function formatPoints(points: readonly number[]): string {
  return points
    .map((value) => {
      const step = Math.min(STEPS - 1, Math.max(0, Math.round(((value + DRAWING) / (2 * DRAWING)) * (STEPS - 1))));
      return `${DIGITS[step >> 6]}${DIGITS[step & 63]}`;
    })
    .join("");
}

function parsePoints(text: string): number[] {
  const points: number[] = [];
  for (let i = 0; i + 3 < text.length; i += 4) {
    for (const at of [i, i + 2]) {
      const step = DIGITS.indexOf(text[at] as string) * 64 + DIGITS.indexOf(text[at + 1] as string);
      if (!/^[\w-]{2}$/.test(text.slice(at, at + 2))) return points.slice(0, points.length & ~1);
      points.push(pointAt(step));
    }
  }
  return points;
}

/** Rounds a coordinate to a value that the address can store, so that a link restores bit-for-bit the same points. */
export function roundPoint(value: number): number {
  return pointAt(Math.min(STEPS - 1, Math.max(0, Math.round(((value + DRAWING) / (2 * DRAWING)) * (STEPS - 1)))));
}

function pointAt(step: number): number {
  return (step / (STEPS - 1)) * 2 * DRAWING - DRAWING;
}

/** Maximum number of columns for questions to a model, because each draw computes all columns. */
export const MOST_ASKED = 60;

/** State of a training. */
export type Phase = "ready" | "training" | "paused" | "finished";

/** An interval of numbers. */
export type Range = readonly [low: number, high: number];
