/** What decides whether there is something to train on. */
export interface TrainState {
  /** What the page waits for; empty when it waits for nothing. */
  readonly busy: string;
  /** Rows to learn from. */
  readonly rows: number;
  /** Name of the model file that is open, if one is. */
  readonly modelFile: string | undefined;
  /** Whether what is open is a table of any columns. */
  readonly isTable: boolean;
  readonly data: string;
  /** Points drawn by hand. */
  readonly drawn: number;
}

/** Why the training can't begin; undefined where it can. */
export function trainHint({ busy, rows, modelFile, isTable, data, drawn }: TrainState): string | undefined {
  if (busy !== "" || rows > 0) return undefined;
  if (isTable && modelFile !== undefined) return `${modelFile} is open. Choose data to train a new model.`;
  if (isTable) return "No column can be learned. Change the kind of one.";
  if (modelFile !== undefined) return `${modelFile} came without data. Choose data to train a new flow.`;
  if (data === "drawn") return drawn === 0 ? "Draw some points first." : "Draw a few more points.";
  return data === "file" ? "Open a file to train on it." : "There is no data to train on.";
}
