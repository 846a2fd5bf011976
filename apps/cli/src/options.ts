import { InvalidArgumentError } from "commander";

/** Parsers of option values; commander reports what they throw as a wrong use. */

export function integer(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min)
      throw new InvalidArgumentError(`expected an integer of at least ${min}.`);
    return value;
  };
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("expected a positive number.");
  return value;
}

export function fraction(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("expected a number between 0 and 1.");
  return value;
}

export function names(text: string): string[] {
  const list = text.split(",").map((name) => name.trim());
  if (list.includes("")) throw new InvalidArgumentError("expected names with commas between them.");
  return list;
}

export function widths(text: string): number[] {
  const list = text.split(",").map(Number);
  if (list.some((w) => !Number.isInteger(w) || w < 1)) throw new InvalidArgumentError("expected sizes like 64,64.");
  return list;
}
