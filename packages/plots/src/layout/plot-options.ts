import type { ThemeName } from "../scales/color.ts";

/** Options common to all plots. */
export interface PlotOptions {
  /** Heading above the picture; also its accessible name. */
  readonly title?: string;
  /** Longer text for screen readers; without it the plot describes itself. */
  readonly description?: string;
  /** Width in pixels. Default 720. */
  readonly width?: number;
  /** Height in pixels. Default 440 (contour plot 560). */
  readonly height?: number;
  /** Colors for a light page (default) or a dark one. */
  readonly theme?: ThemeName;
  /** Leaves the background out; then the theme must fit the page. Default false. */
  readonly transparent?: boolean;
}

/** Options of plots with one pair of axes. */
export interface AxesOptions extends PlotOptions {
  readonly xLabel?: string;
  readonly yLabel?: string;
}

/** The colors of everything that is not data. */
export interface Theme {
  readonly name: ThemeName;
  readonly background: string;
  readonly ink: string;
  readonly muted: string;
  readonly axis: string;
  readonly grid: string;
}

const THEMES: Readonly<Record<ThemeName, Theme>> = {
  light: { name: "light", background: "#ffffff", ink: "#1f2328", muted: "#59636e", axis: "#8c959f", grid: "#e6e9ed" },
  dark: { name: "dark", background: "#0d1117", ink: "#f0f6fc", muted: "#9ba5b0", axis: "#656c76", grid: "#252b33" },
};

/** Returns the theme of a name; an unknown name is a RangeError. */
export function themeOf(where: string, name: ThemeName | undefined): Theme {
  const theme = Object.hasOwn(THEMES, name ?? "light") ? THEMES[name ?? "light"] : undefined;
  if (theme === undefined) throw new RangeError(`${where}: expected theme "light" or "dark", got "${String(name)}".`);
  return theme;
}
