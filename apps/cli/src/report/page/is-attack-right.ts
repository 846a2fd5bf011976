/** The largest area under the ROC curve of an attack that tells next to nothing. */
const MOST_AREA = 0.52;

/** Whether an attack tells nothing. */
export function isAttackRight({ area }: { readonly area: number }): boolean {
  return area <= MOST_AREA;
}
