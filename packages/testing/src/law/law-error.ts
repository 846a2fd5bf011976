import { PushforwardError } from "@pushforward/core";

/** Which law was broken, by what, and how badly. */
export interface LawErrorDetail {
  readonly law: string;
  readonly caseName: string;
  /** Largest error that was measured; `Infinity` for a broken rule that has no size. */
  readonly worst: number;
  readonly tolerance: number;
}

/** A law does not hold. The message names the law, the case, what was expected, what came, and the worst input. */
export class LawError extends PushforwardError {
  override readonly name = "LawError";
  readonly code = "ERR_LAW";
  readonly detail: LawErrorDetail;

  constructor(message: string, detail: LawErrorDetail, options?: ErrorOptions) {
    super(message, options);
    this.detail = detail;
  }
}
