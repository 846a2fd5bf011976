/** What the page is told beside the model. */
export interface PageFacts {
  readonly name: string;
  readonly layout: RowLayout;
  /** Bytes of the file of the model before its numbers. */
  readonly headerBytes: number;
}

/** What the beginning of the page leaves for its program. */
export interface PageParts {
  readonly facts: PageFacts;
  /** The file of the compiled model. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The module of the kernels. */
  readonly kernels: Uint8Array<ArrayBuffer>;
}

/** The name of the parts among the globals of the page. */
export const PARTS = "pushforwardPage";

import type { RowLayout } from "@pushforward/tables/extend";
