import type { ThemeName } from "../scales/color.ts";

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

/** The theme of a name; a name that is not there is a RangeError. */
export function themeOf(where: string, name: ThemeName | undefined): Theme {
  const theme = Object.hasOwn(THEMES, name ?? "light") ? THEMES[name ?? "light"] : undefined;
  if (theme === undefined) throw new RangeError(`${where}: expected theme "light" or "dark", got "${String(name)}".`);
  return theme;
}
