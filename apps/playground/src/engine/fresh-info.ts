import { meanNll, type TableRows } from "@pushforward/tables/extend";
import { parameterCount } from "pushforward";
import type { DataInfo, ModelInfo } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";
import { commandLine } from "./command-line.ts";
import type { NewModel } from "./new-model.ts";
import { typescriptCode } from "./typescript-code.ts";

/** What the page tells of a model before its training. */
export function freshInfo(settings: Settings, info: DataInfo, fresh: NewModel, validation: TableRows): ModelInfo {
  const { flow, train, bound, constant, gaussianNll } = fresh;
  const trainRows = train.x.shape[0] as number;
  const validationRows = validation.x.shape[0] as number;
  return {
    flow: settings.flow,
    parameters: parameterCount(flow.parameters()),
    trainRows,
    validationRows,
    layout: info.layout,
    initialNll: meanNll(flow, validation),
    command: commandLine(settings, info, trainRows),
    code: typescriptCode(settings, info, { trainRows, validationRows, bound }),
    notes: constantNotes(constant.map((j) => info.layout.columns[j] as string)),
    ...(gaussianNll === undefined ? {} : { gaussianNll }),
  };
}

/** What is said of columns that are constant. */
function constantNotes(names: readonly string[]): string[] {
  const quoted = names.map((name) => `“${name}”`).join(", ");
  if (names.length === 0) return [];
  return names.length === 1
    ? [`Column ${quoted} is constant: its density is unbounded, so the likelihoods shown are not meaningful.`]
    : [`Columns ${quoted} are constant: their density is unbounded, so the likelihoods shown are not meaningful.`];
}
