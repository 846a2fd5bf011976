import { say } from "../output/terminal.ts";

/** What is told while a model is fitted. With `--json` only notices and warnings are, and the document holds them, too. */
export class Voice {
  readonly quiet: boolean;
  /** Whether progress is told. */
  readonly showsProgress: boolean;
  readonly notices: string[] = [];

  constructor(quiet: boolean, showsProgress: boolean = !quiet) {
    this.quiet = quiet;
    this.showsProgress = showsProgress;
  }

  tell(...lines: readonly string[]): void {
    if (!this.quiet && lines.length > 0) say(...lines);
  }

  notice(text: string): void {
    this.notices.push(text);
    say(text);
  }
}
