import { createKey, fitAnomalyScore, penguins, useBackend } from "pushforward";

await useBackend("wasm");
const table = penguins();
const anomalies = await fitAnomalyScore(table, { key: createKey(0) });

const score = anomalies.score(table); // the higher, the more anomalous
const top = score.indexOf(Math.max(...score));
console.log(top, anomalies.pValue(table)[top]);

const { columns, surprises } = anomalies.explain(table); // the reasons, cell by cell
console.log(columns.map((column, k) => `${column}: ${surprises[k]?.[top]}`));
