/** In words: to which columns noise was added before the model learns, and what the density means then. */
export function stepNotes(
  dequantized: ReadonlyMap<number, number>,
  columnNames: readonly string[] | undefined,
): readonly string[] {
  const ofStep = (step: number): string =>
    [...dequantized].flatMap(([column, own]) => (own === step ? [columnNames?.[column] ?? column + 1] : [])).join(", ");
  const steps = [...new Set(dequantized.values())].sort((a, b) => a - b);
  return steps.map((step) =>
    step === 1
      ? `Integers in ${ofStep(1)}: noise of ±½ was added to what the model learns from, so that its density, integrated ` +
        "over k ± ½, is the probability of the integer k."
      : `Steps of ${step} in ${ofStep(step)}: noise of ± half a step was added to what the model learns from, so that its ` +
        "density, integrated over a step around a number, is the probability of it.",
  );
}
