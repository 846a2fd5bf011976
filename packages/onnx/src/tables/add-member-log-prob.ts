import type { NormalMixture, TableMixture } from "@pushforward/tables";
import { NumericFlow, ProductMixture } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import { addNormalTerms } from "./add-normal-terms.ts";
import { addNumericFlow } from "./add-numeric-flow.ts";
import { addProductTerms } from "./add-product-terms.ts";
import { asGiven, type CodedCells } from "./coded-cells.ts";

/**
 * Adds the log-density `[rows, 1]` of the columns of a mixture that are not given and do not follow from others, by one of its
 * members.
 *
 * @param coded the columns of the mixture.
 * @param others the log-density of columns other than these, by the networks.
 */
export function addMemberLogProb(
  maths: Maths,
  { columns, context }: TableMixture,
  member: TableMixture["members"][number],
  coded: readonly CodedCells[],
  others: (names: readonly string[]) => GraphValue,
): GraphValue {
  const codedOf = (name: string): CodedCells => {
    const own = coded[columns.findIndex((column) => column.name === name)] as CodedCells;
    return context.includes(name) ? asGiven(maths, own) : own;
  };
  if (member instanceof NumericFlow) {
    return maths.add(addNumericFlow(maths, member, columns, codedOf), others(member.columns));
  }
  const free = columns.flatMap(({ name, dependent, isGiven }) => (dependent === undefined && !isGiven ? [name] : []));
  const joint = (names: readonly string[]): GraphValue =>
    maths.logSumExp(
      member instanceof ProductMixture
        ? addProductTerms(maths, member, names, codedOf)
        : addNormalTerms(maths, member as NormalMixture, names, codedOf),
    );
  const whole = joint([...context, ...free]);
  if (context.length === 0) return whole;
  const before = joint(context);
  // What comes behind an impossible cell is impossible, too.
  return maths.where(maths.equal(before, Number.NEGATIVE_INFINITY), before, maths.sub(whole, before));
}
