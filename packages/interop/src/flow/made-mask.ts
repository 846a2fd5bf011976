/** Degrees of the hidden units of nflows' MADE: `h mod max(1, D − 1) + min(1, D − 1)`, for unit h of D variables. */
export function hiddenDegrees(units: number, features: number): number[] {
  return Array.from({ length: units }, (_, h) => (h % Math.max(1, features - 1)) + Math.min(1, features - 1));
}

/** Degrees of the hidden units of zuko: they cycle through 0 (with a context) or 1 to the number of ranks less 1. */
export function zukoDegrees(units: number, ranks: number, hasContext: boolean): number[] {
  const smallest = hasContext ? 0 : Math.min(1, ranks - 1);
  return Array.from({ length: units }, (_, h) => smallest + (h % Math.max(1, ranks - smallest)));
}

/** Degrees of the outputs: those of the variables, 1 to D, each as often as it has outputs. */
export function outputDegrees(features: number, count: number): number[] {
  return Array.from({ length: features * count }, (_, i) => Math.floor(i / count) + 1);
}

/** Degrees of the inputs, 1 to D. */
export function inputDegrees(features: number): number[] {
  return Array.from({ length: features }, (_, i) => i + 1);
}

/** A mask of a layer that reads a context after its inputs: all outputs see it. */
export function withContext(mask: Uint8Array, inputs: number, context: number): Uint8Array {
  const width = inputs + context;
  const wide = new Uint8Array((mask.length / inputs) * width).fill(1);
  for (let row = 0; row * inputs < mask.length; row++) {
    wide.set(mask.subarray(row * inputs, (row + 1) * inputs), row * width);
  }
  return wide;
}

/** The mask `[outputs, inputs]`: 1 where the degree of the output is at least, or `strict` more than, that of the input. */
export function degreeMask(outputs: readonly number[], inputs: readonly number[], strict: boolean): Uint8Array {
  const mask = new Uint8Array(outputs.length * inputs.length);
  for (const [row, out] of outputs.entries()) {
    for (const [column, into] of inputs.entries()) {
      if (strict ? out > into : out >= into) mask[row * inputs.length + column] = 1;
    }
  }
  return mask;
}
