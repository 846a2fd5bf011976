import { askedModel, OPERATION_ANSWERS, type OperationAnswer } from "@pushforward/questions/extend";
import { type OperationName, operationNamed, optionsOn } from "@pushforward/questions/operations";
import type { BackendName } from "pushforward";
import { flagName } from "../options/options.ts";
import { print, say } from "../output/terminal.ts";
import { conditionsOf, parseConditions } from "../questions/conditions.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { startBackend } from "../run/start-backend.ts";

interface AnswerOptions extends Readonly<Record<string, unknown>> {
  readonly seed: number;
  readonly backend: BackendName;
  readonly json?: boolean;
}

/**
 * Runs an operation with a single object as the answer. Without `--json`, it prints the first field to standard output,
 * and the other fields as messages.
 */
export function runAnswer(name: OperationName): (modelFile: string, options: AnswerOptions) => Promise<void> {
  return async (modelFile, options) => {
    const model = await loadTableModel(modelFile);
    const read: Record<string, unknown> = { ...options };
    for (const { key, type } of optionsOn(operationNamed(name), "command")) {
      if (type !== "conditions" || options[key] === undefined) continue;
      const flag = flagName(key);
      read[key] = conditionsOf(parseConditions(String(options[key]), model.names, flag), model, flag);
    }
    // Checking a condition draws rows if the model does not know the range of the column.
    await startBackend(options.backend);
    const compute = (OPERATION_ANSWERS[name] as OperationAnswer)(model, modelFile, read);
    const answer = await compute(() => askedModel(model, modelFile, options.seed));
    if (options.json) return await print(`${JSON.stringify(answer)}\n`);
    const [[, first] = [], ...rest] = Object.entries(answer);
    await print(`${shown(first)}\n`);
    for (const [field, value] of rest) if (value !== null) say(`${words(field)}: ${shown(value)}`);
  };
}

/** A value for a reader: six digits, and yes or no. */
function shown(value: unknown): unknown {
  if (typeof value === "number") return Number(value.toPrecision(6));
  return typeof value === "boolean" ? (value ? "yes" : "no") : value;
}

/** The words of a name in camel case. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
