import { computed, effect, signal } from "@preact/signals";

const STORED = "pushforward-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(system.matches);
system.addEventListener("change", ({ matches }) => {
  isSystemDark.value = matches;
});

/** Theme chosen by the visitor. Without a choice the page follows the system. */
const chosen = signal<"light" | "dark" | undefined>(read());

/** The colors of the page. */
export const theme = computed<"light" | "dark">(() => chosen.value ?? (isSystemDark.value ? "dark" : "light"));

/** True if the visitor allows animations. */
export const motion = !matchMedia("(prefers-reduced-motion: reduce)").matches;

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

export function toggleTheme(): void {
  chosen.value = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(STORED, chosen.value);
  } catch {
    // Only for this visit, then.
  }
}

function read(): "light" | "dark" | undefined {
  try {
    const value = localStorage.getItem(STORED);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}
