import { createKey } from "@pushforward/core";
import type { ConditionalTable, Conditions } from "@pushforward/questions";
import { checkQuestions, givenRows } from "@pushforward/questions/extend";
import type { AnswerSettings, LaneResponse, WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { checkedRequest } from "./checked-request.ts";
import { readConditions } from "./read-conditions.ts";
import { rowsResponse } from "./responses.ts";
import { typedColumns } from "./table-json.ts";

/** Values of a column of texts whose probability is told, at most. */
const MOST_VALUES = 100;
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];

interface GivenOptions {
  readonly given: unknown;
  readonly count: number;
  readonly seed: number;
}

/** Rows and columns given others: the rows of `pushforward sample --given` with the same seed. */
export async function givenRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const { given, count, seed } = checkedRequest<GivenOptions>("given", request, maxRows).options;
  const conditions = readConditions("given", given, model.model, model.layout);
  checkQuestions(model.model, model.file, [conditions]);
  if (lane === "light") return undefined;
  const asked = await model.askedBy(seed);
  const { answer, draw } = givenRows(asked, conditions, createKey(seed).fold(0), count);
  const drawn = typedColumns(draw("sample", count), model.layout, model.model);
  return await rowsResponse(drawn, request, {
    columns: describe(answer, conditions, model),
    effectiveSampleSize: answer.effectiveSampleSize,
    logEvidence: answer.logEvidence,
    isExact: answer.isExact,
    warning: answer.warning ?? null,
  });
}

/** What is known of each column whose cell is not given. */
function describe(answer: ConditionalTable, conditions: Conditions, model: AnsweringModel): object {
  const isOpen = (name: string): boolean => {
    const condition = Object.hasOwn(conditions, name) ? conditions[name] : undefined;
    return condition === undefined || (typeof condition === "object" && condition !== null);
  };
  const open = answer.table.columns.filter(({ name }) => isOpen(name));
  return Object.fromEntries(
    open.map(({ name, kind }) => {
      const probabilities = answer.probabilities(name);
      const missing = probabilities.get(null) ?? 0;
      if (kind === "number") {
        // 0.1 · 388 is 38.800000000000004, and 38.8 in the file.
        const written = (value: number): number | string | null =>
          Number.isNaN(value) ? null : model.written(name, Number(value.toPrecision(15)));
        const quantiles = Object.fromEntries(LEVELS.map((level) => [level, written(answer.quantile(name, level))]));
        return [name, { mean: written(answer.mean(name)), quantiles, missing }];
      }
      const values = [...probabilities].filter(([value]) => value !== null).slice(0, MOST_VALUES);
      return [name, { probabilities: Object.fromEntries(values), missing }];
    }),
  );
}
