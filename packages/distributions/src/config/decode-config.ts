import { ModelFileError } from "@pushforward/core";
import { type ConfigReader, constructStored, formatShape } from "@pushforward/core/extend";
import { hostArray } from "./host-array.ts";

/** A field that holds a number or nested arrays of numbers. */
export function configArray(config: ConfigReader, type: string, name: string): number | number[] {
  const value = config.raw(name) as number | number[];
  constructStored(type, () => hostArray(value, name));
  return value;
}

/** Refuses arrays of different shapes: they could broadcast to far more numbers than the file holds. */
export function sameShape<T extends Readonly<Record<string, number | number[]>>>(type: string, arrays: T): T {
  const shapes = Object.values(arrays).map((value) => formatShape(hostArray(value, type).shape));
  if (new Set(shapes).size > 1) {
    throw new ModelFileError("config", `${type}: expected arrays of one shape, got ${shapes.join(" and ")}.`);
  }
  return arrays;
}
