import type { JSX } from "preact";
import type { TableScore } from "../../shared/table-protocol.ts";
import { saveScores } from "../keep.ts";
import { nats } from "../nats.ts";
import { Scroller } from "./scroller.tsx";

/** What a model from a file says of the rows of a table. */
export function ScoreView({ score }: { readonly score: TableScore }): JSX.Element {
  const { name, rows, meanLogDensity, standardError, note, odd } = score;
  const hasCells = odd.some(({ least }) => least !== undefined);
  return (
    <section class="card score" aria-labelledby="score-title">
      <div class="card-head">
        <h2 id="score-title">Scores of {name}</h2>
        <button type="button" class="small" onClick={() => void saveScores()}>
          Scores, CSV
        </button>
      </div>
      <p>
        Mean log-density{" "}
        <b data-figure="score" data-value={meanLogDensity}>
          {nats(meanLogDensity)}
        </b>{" "}
        {rows > 1 && <>± {standardError.toFixed(3)} </>}
        nats per row, on {rows.toLocaleString("en-US")} {rows === 1 ? "row" : "rows"}.
      </p>
      <p class="hint">
        Below: the rows of the lowest log-density{hasCells && ", and the cell of each that is least expected"}.
      </p>
      {note !== undefined && <p class="hint">{note}</p>}
      <Scroller label="Rows of the lowest density">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">row</th>
              <th scope="col">log-density</th>
              {hasCells && (
                <>
                  <th scope="col">column</th>
                  <th scope="col">cell</th>
                  <th scope="col">its log-probability</th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {odd.map(({ row, logDensity, least }) => (
              <tr key={row}>
                <td>{row.toLocaleString("en-US")}</td>
                <td>{nats(logDensity)}</td>
                {least !== undefined && (
                  <>
                    <td>{least.column}</td>
                    <td class={least.cell === "" ? "missing" : undefined}>{least.cell || "missing"}</td>
                    <td>{nats(least.logProb)}</td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </section>
  );
}
