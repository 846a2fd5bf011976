import type { Bijection, Key } from "@pushforward/core";
import type { BijectionCase, BijectionTolerances } from "./bijection-case.ts";
import type { Subject } from "./subject.ts";

/** A bijection under test, with what a law needs to know. */
export interface BijectionTrial extends Subject<Bijection> {
  readonly theCase: BijectionCase;
  readonly tolerances: BijectionTolerances;
  /** Points of each kind. */
  readonly points: number;
  readonly key: Key;
}
