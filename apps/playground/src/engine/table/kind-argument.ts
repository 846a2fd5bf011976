import type { Variable } from "pushforward";

/** What stands in parentheses after the kind of a variable, as declarations have it; undefined where nothing does. */
export function kindArgument({ kind, format, bounds, levels }: Variable): string | undefined {
  if (kind === "date") return format;
  if (kind === "ordinal") return levels?.map(levelText).join("<");
  if (bounds === undefined) return undefined;
  const [low, high] = bounds;
  return kind === "circular" && low === 0 ? String(high) : `${low},${high}`;
}

function levelText(level: string): string {
  return /[<)"]/.test(level) ? `"${level.replaceAll('"', '""')}"` : level;
}

/** Bounds that hold all numbers of a variable, for an interval and for a circle; undefined for other variables. */
export function suggestedBounds({
  kind,
  min,
  max,
  step = 0,
}: Variable): { readonly interval: string; readonly circular: string } | undefined {
  if (kind === "date" || min === undefined || max === undefined) return undefined;
  const end = kind === "integer" ? max + Math.max(1, step) : Math.floor(max) + 1;
  return {
    interval: min < max ? `${min},${max}` : `${min},${min + 1}`,
    circular: min >= 0 ? String(end) : `${Math.floor(min)},${end}`,
  };
}
