import type { ThemeName } from "../scales/color.ts";

/** What every plot understands. */
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
