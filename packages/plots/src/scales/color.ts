import { describe } from "../input.ts";

/** Light pictures for light pages, dark ones for dark pages. */
export type ThemeName = "light" | "dark";

/**
 * Color of a point of the OKLCH space (Ottosson 2020) as `#rrggbb`: lightness 0…1, chroma, hue in degrees. The chroma
 * is reduced until the color exists in sRGB.
 */
export function oklch(lightness: number, chroma: number, hue: number): string {
  const angle = (hue * Math.PI) / 180;
  let low = 0;
  let high = chroma;
  let rgb = linearRgb(lightness, chroma * Math.cos(angle), chroma * Math.sin(angle));
  if (!inGamut(rgb)) {
    for (let i = 0; i < 20; i++) {
      const middle = (low + high) / 2;
      if (inGamut(linearRgb(lightness, middle * Math.cos(angle), middle * Math.sin(angle)))) low = middle;
      else high = middle;
    }
    rgb = linearRgb(lightness, low * Math.cos(angle), low * Math.sin(angle));
  }
  return `#${rgb.map((channel) => toByte(channel).toString(16).padStart(2, "0")).join("")}`;
}

/**
 * The color of density, `share` in [0, 1]: equal steps of the share are equal steps of perceived lightness. It starts
 * near the background (pale on light, deep on dark) and turns from yellow over green and blue to violet.
 */
export function sequentialColor(share: number, theme: ThemeName): string {
  const t = Math.min(1, Math.max(0, share));
  // More chroma at the dark end: pale tints look clean, dark grays look dull.
  const depth = theme === "dark" ? 1 - t : t;
  const bump = Math.sin(Math.PI * (0.12 + 0.62 * depth));
  if (theme === "dark") return oklch(0.28 + 0.65 * t, 0.02 + 0.1 * bump, 285 - 180 * t);
  return oklch(0.96 - 0.56 * t, 0.02 + 0.1 * bump, 105 + 175 * t);
}

// Okabe and Ito (2008), "Color universal design": told apart with every common color vision; the dark page needs the
// lighter ones first.
const CATEGORIES: Readonly<Record<ThemeName, readonly string[]>> = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#6b6b6b"],
  dark: ["#56b4e9", "#ff9d4d", "#3fcf9f", "#e79ac6", "#f0c94a", "#4c9be0", "#b79af0", "#b0b0b0"],
};

/** The color of the `index`-th series or group. */
export function categoryColor(index: number, theme: ThemeName): string {
  const colors = CATEGORIES[theme];
  return colors[index % colors.length] as string;
}

/** Lets through a hex color or a color's name only: a color is written into the picture. */
export function checkedColor(where: string, color: string): string {
  if (typeof color !== "string" || !/^(#([0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]{3,24})$/i.test(color)) {
    throw new RangeError(`${where}: expected a color such as "#0072b2" or "teal", got ${describe(color)}.`);
  }
  return color;
}

function linearRgb(lightness: number, a: number, b: number): readonly number[] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function inGamut(rgb: readonly number[]): boolean {
  return rgb.every((channel) => channel >= -1e-4 && channel <= 1 + 1e-4);
}

function toByte(channel: number): number {
  const clipped = Math.min(1, Math.max(0, channel));
  const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255);
}
