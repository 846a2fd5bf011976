import type { Key } from "@pushforward/core";
import type { Measurement } from "./comparison.ts";
import { disposeLaw } from "./dispose-law.ts";
import { inScope, inTidy } from "./in-tidy.ts";
import { defineLaw, type KnownLimit, type MeasuredLaw, requireKnownLaws } from "./law.ts";
import { type Subject, withSubject } from "./subject.ts";

/** What the laws of one case are listed for. */
interface LawListOptions<T, Trial> {
  readonly caseName: string;
  readonly knownLimits: readonly KnownLimit[] | undefined;
  readonly make: (key: Key) => T;
  readonly key: Key;
  /** How far the trainable parameters are moved from where they start. */
  readonly perturbation: number;
  readonly trialOf: (subject: Subject<T>, law: string) => Trial;
}

/** The laws of one case in their order. Each makes a subject of its own when it runs. */
export class LawList<T extends object, Trial> {
  private readonly options: LawListOptions<T, Trial>;
  private readonly laws: MeasuredLaw[] = [];

  constructor(options: LawListOptions<T, Trial>) {
    this.options = options;
  }

  /** Adds a law. */
  add(law: string, measure: (trial: Trial) => Measurement): void {
    this.define(law, () => inTidy(() => this.withTrial(law, measure)));
  }

  /** Adds a law that waits, for instance for another backend. */
  addAsync(law: string, measure: (trial: Trial) => Promise<Measurement>): void {
    this.define(law, () => inScope(() => this.withTrial(law, measure)));
  }

  /** Adds the law of `dispose()`, with a use of the object. */
  addDispose(use: (value: T) => void): void {
    const { make, key } = this.options;
    const [makeKey] = key.fold("subject").split();
    this.define("dispose", () => disposeLaw(() => make(makeKey), use));
  }

  /** All laws. Refuses known limits of laws that are not among them. */
  all(): MeasuredLaw[] {
    requireKnownLaws(this.options.caseName, this.options.knownLimits ?? [], this.laws);
    return this.laws;
  }

  private define(law: string, measure: () => Measurement | Promise<Measurement>): void {
    this.laws.push(defineLaw(law, this.options.caseName, this.options.knownLimits ?? [], measure));
  }

  private withTrial<R>(law: string, measure: (trial: Trial) => R): R {
    const { make, key, perturbation, trialOf } = this.options;
    return withSubject(make, key.fold("subject"), perturbation, (subject) => measure(trialOf(subject, law)));
  }
}
