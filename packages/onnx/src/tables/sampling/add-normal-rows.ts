import type { NormalMixture } from "@pushforward/tables";
import type { GraphValue } from "../../graph/graph.ts";
import { addNormalCdf } from "../../maths/add-normal-cdf.ts";
import { addTableChoice } from "../../maths/add-table-choice.ts";
import type { Maths } from "../../maths/maths.ts";
import { addNormalTerms } from "../add-normal-terms.ts";
import { addScaledValue } from "../add-scaled-value.ts";
import { codeColumn } from "../code-column.ts";
import { asGiven, type CodedCells } from "../coded-cells.ts";
import { PRESENT } from "../normal-codes.ts";
import { NormalPath } from "../normal-path.ts";
import { addComponent } from "./add-component.ts";
import { addDecodedCells } from "./add-decoded-cells.ts";
import { addRankValue } from "./add-rank-value.ts";
import type { MemberNoise } from "./member-noise.ts";

type Column = NormalMixture["layout"]["columns"][number];

/** Adds cells `[rows, 1]` of some columns, drawn by a mixture of normals given others. */
export function addNormalRows(
  maths: Maths,
  mixture: NormalMixture,
  given: readonly string[],
  asked: readonly string[],
  codedOf: (name: string) => CodedCells,
  noise: MemberNoise,
): ReadonlyMap<string, GraphValue> {
  const { graph } = maths;
  const parameters = mixture.normalized();
  const { count, logWeights, logTables } = parameters;
  const columnOf = (name: string): Column => mixture.layout.columns.find((one) => one.name === name) as Column;
  const terms =
    given.length === 0 ? undefined : addNormalTerms(maths, mixture, given, (name) => asGiven(maths, codedOf(name)));
  const component = addComponent(maths, logWeights, terms, noise("uniform", "component"));
  const path = new NormalPath(maths, parameters, component);
  for (const name of given) {
    const column = columnOf(name);
    if (column.coordinate < 0) continue;
    path.add(path.normal(column.coordinate), addScaledValue(maths, column, codedOf(name)));
  }
  const codeOf = ({ name, tableFrom, tableCodes }: Column): GraphValue => {
    const shares = Array.from({ length: count }, (_, k) =>
      Float64Array.from({ length: tableCodes }, (__, code) =>
        Math.exp(logTables[(tableFrom + code) * count + k] as number),
      ),
    );
    return graph.cast(addTableChoice(maths, shares, component, noise("uniform", "code", name)), "float64");
  };
  const cells = asked.map((name): [string, GraphValue] => {
    const column = columnOf(name);
    const { coding, coordinate, tableCodes } = column;
    const code = tableCodes > 0 ? codeOf(column) : undefined;
    if (coordinate < 0) {
      const within = (): GraphValue => noise("uniform", "within", name);
      return [name, addDecodedCells(maths, coding, { code: code as GraphValue, within })];
    }
    const normal = path.normal(coordinate);
    const z = maths.add(normal.mean, maths.mul(normal.spread, noise("normal", "value", name)));
    const value = addRankValue(maths, column, addNormalCdf(maths, z));
    const drawn = code === undefined ? value : maths.where(maths.equal(code, PRESENT), value, Number.NaN);
    path.add(normal, addScaledValue(maths, column, codeColumn(maths, coding, drawn)));
    return [name, drawn];
  });
  return new Map(cells);
}
