import type { ProductMixture } from "@pushforward/tables";
import type { MixtureColumn } from "@pushforward/tables/extend";
import type { GraphValue } from "../../graph/graph.ts";
import { addTableChoice } from "../../maths/add-table-choice.ts";
import type { Maths } from "../../maths/maths.ts";
import { addProductTerms } from "../add-product-terms.ts";
import { asGiven, type CodedCells } from "../coded-cells.ts";
import { addComponent } from "./add-component.ts";
import { addDecodedCells } from "./add-decoded-cells.ts";
import type { MemberNoise } from "./member-noise.ts";

/** Adds cells `[rows, 1]` of some columns, drawn by a mixture of products given others. */
export function addProductRows(
  maths: Maths,
  mixture: ProductMixture,
  given: readonly string[],
  asked: readonly string[],
  codedOf: (name: string) => CodedCells,
  noise: MemberNoise,
): ReadonlyMap<string, GraphValue> {
  const { graph } = maths;
  const { logWeights, columns: tables } = mixture.normalized();
  const terms =
    given.length === 0 ? undefined : addProductTerms(maths, mixture, given, (name) => asGiven(maths, codedOf(name)));
  const component = addComponent(maths, logWeights, terms, noise("uniform", "component"));
  const count = logWeights.length;
  const cells = asked.map((name): [string, GraphValue] => {
    const place = mixture.columns.findIndex((column) => column.name === name);
    const { coding } = mixture.columns[place] as MixtureColumn;
    const table = tables[place] as Float64Array;
    const shares = Array.from({ length: count }, (_, k) => table.filter((__, at) => at % count === k));
    const code = graph.cast(addTableChoice(maths, shares, component, noise("uniform", "code", name)), "float64");
    return [name, addDecodedCells(maths, coding, { code, within: () => noise("uniform", "within", name) })];
  });
  return new Map(cells);
}
