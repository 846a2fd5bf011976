import type { BackendName } from "pushforward";
import { type ModelSpec, models } from "./models/models.ts";

/** A command line that makes no sense. */
export class UsageError extends Error {}

/** Returns the models with the given ids; all models without a text. */
export function chosenModels(text: string | undefined): readonly ModelSpec[] {
  if (text === undefined) return models;
  return text.split(",").map((id) => {
    const model = models.find((one) => one.id === id);
    if (model !== undefined) return model;
    throw new UsageError(`bench: expected --models of ${models.map((one) => one.id).join(", ")}, got ${id}.`);
  });
}

/** A count. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`bench: expected --${name} to be an integer from 1, got ${text}.`);
}

/** A length of time. */
export function positiveNumber(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new UsageError(`bench: expected --${name} to be a number above 0, got ${text}.`);
}

/** A backend. */
export function backendName(name: string, text: string): BackendName {
  if (text === "wasm" || text === "cpu") return text;
  throw new UsageError(`bench: expected --${name} of wasm, cpu, got ${text}.`);
}
