import type { Bijection, Key } from "@pushforward/core";
import type { Subject } from "../law/subject.ts";
import type { BijectionCase, BijectionTolerances } from "./bijection-case.ts";

/** A bijection under test, with what a law needs to know. */
export interface BijectionTrial extends Subject<Bijection> {
  readonly theCase: BijectionCase;
  readonly tolerances: BijectionTolerances;
  /** Points of each kind. */
  readonly points: number;
  readonly key: Key;
}
