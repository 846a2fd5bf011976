import { PushforwardError } from "@pushforward/core";

/** Name of the broken law, its cause, and its error. */
export interface LawErrorDetail {
  readonly law: string;
  readonly caseName: string;
  /** Largest error that was measured; `Infinity` for a broken rule that has no size. */
  readonly worst: number;
  readonly tolerance: number;
}

/** Error for a broken law. The message names the law, the case, the expected and actual values, and the worst input. */
export class LawError extends PushforwardError {
  override readonly name = "LawError";
  readonly code = "ERR_LAW";
  readonly detail: LawErrorDetail;

  constructor(message: string, detail: LawErrorDetail, options?: ErrorOptions) {
    super(message, options);
    this.detail = detail;
  }
}
