import type { FileParameter } from "../file/plan-file.ts";

/** The arrays of a compiled model, in one place. */
export class ParameterValues {
  readonly parameters: readonly FileParameter[];
  private changes = 0;

  constructor(parameters: readonly FileParameter[]) {
    this.parameters = parameters;
  }

  /** Another number after each {@link write}. */
  get version(): number {
    return this.changes;
  }

  of(place: number): Float32Array {
    return (this.parameters[place] as FileParameter).values;
  }

  write(place: number, values: Float32Array): void {
    this.of(place).set(values);
    this.changes++;
  }
}
