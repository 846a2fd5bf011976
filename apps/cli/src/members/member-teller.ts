import type { MemberTask } from "@pushforward/auto/extend";
import { say } from "../output/terminal.ts";
import { type MemberProgress, readProgress } from "./member-progress.ts";
import type { StoredMember } from "./trained-member-file.ts";

/** Milliseconds between two lines on a member, and of silence after which it is asked whether there are workers. */
const EVERY = 5000;

/** The last report on a member, and the time of the last line on it. */
interface Told {
  readonly progress: MemberProgress;
  readonly told: number;
}

/** Tells which members are trained where, and how far they are. */
export class MemberTeller {
  private readonly showsProgress: boolean;
  private readonly last: Map<number, Told> = new Map();
  /** The time of the last sign of a worker, or of the last question. */
  private active: number = performance.now();

  constructor(showsProgress: boolean) {
    this.showsProgress = showsProgress;
  }

  /** Looks at what the worker of a member has reported. */
  async look({ index, kind }: Pick<MemberTask, "index" | "kind">, file: string): Promise<void> {
    const progress = await readProgress(file);
    if (progress === undefined) return;
    const last = this.last.get(index);
    const now = performance.now();
    const isNew = last?.progress.worker !== progress.worker;
    if (!isNew && last.progress.step === progress.step) return;
    this.active = now;
    const isTold = isNew || now - last.told >= EVERY;
    this.last.set(index, { progress, told: isTold ? now : last.told });
    if (!isTold) return;
    this.tell(`${nameOf(index, kind)}: ${stateOf(progress)}${isNew ? `, on ${progress.worker}` : ""}`);
  }

  end(
    { index, kind }: Pick<MemberTask, "index" | "kind">,
    { result: { epochs, seconds }, worker }: StoredMember,
    isOld: boolean,
  ): void {
    const name = nameOf(index, kind);
    this.active = performance.now();
    this.tell(
      isOld
        ? `${name} is trained already`
        : `${name} is trained: ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, ${seconds.toFixed(1)} s, on ${worker}`,
    );
  }

  /** Whether there was no sign of any worker for a while; true once in a while. */
  isWaiting(): boolean {
    const now = performance.now();
    if (now - this.active < EVERY) return false;
    this.active = now + 6 * EVERY;
    return true;
  }

  private tell(line: string): void {
    if (this.showsProgress) say(line);
  }
}

function nameOf(index: number, kind: MemberTask["kind"]): string {
  return `member ${index + 1} (${kind})`;
}

function stateOf({ epoch, epochs, validationLoss }: MemberProgress): string {
  return `epoch ${epoch} of at most ${epochs}${validationLoss === undefined ? "" : `, validation ${validationLoss.toFixed(4)}`}`;
}
