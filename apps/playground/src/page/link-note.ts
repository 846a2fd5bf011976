import { formatSettings, type Settings } from "../shared/settings.ts";

/** What decides whether the address of the page holds the run that the page shows. */
export interface LinkedRun {
  readonly settings: Settings;
  /** The settings of the training that is shown; absent before the first. */
  readonly ran: Settings | undefined;
  /** Name of the model file that is open, if one is. */
  readonly modelFile: string | undefined;
  /** Whether the visitor has changed the training on its way: its learning rate, its backend, or its end. */
  readonly isChanged: boolean;
}

/** What a link to the page as it stands holds, and what it does not. */
export function linkNote({ settings, ran, modelFile, isChanged }: LinkedRun): string {
  if (modelFile !== undefined) {
    return `It holds the settings of the page, but not the model: keep ${modelFile} beside it.`;
  }
  const held =
    settings.data === "file"
      ? "It holds the settings and the columns, but not your file: whoever follows it must open the file again. "
      : "";
  if (ran !== undefined && formatSettings(ran) !== formatSettings(settings)) {
    return `${held}The settings in it are those of now, not those of the training shown.`;
  }
  if (ran !== undefined && isChanged) {
    return `${held}It holds the settings at the start: what you changed or stopped during training is not part of it.`;
  }
  const run = settings.data === "file" ? "With that file, training gives" : "Training there gives";
  return `${held}${run} the same result bit for bit on the same kind of browser and processor, and a slightly different one elsewhere.`;
}
