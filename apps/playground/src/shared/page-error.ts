/** What a button can do about an error. */
export type Remedy =
  /** Open a file. */
  | { readonly kind: "open-file" }
  /** Leave out the rows with missing values. */
  | { readonly kind: "drop-missing" }
  /** The first line holds data, and no names. */
  | { readonly kind: "no-names" }
  /** Leave out a column; the others stay as they are. */
  | {
      readonly kind: "leave-out";
      readonly column: string;
      readonly columns: readonly string[];
      readonly given: readonly string[];
    };

/** An error that the visitor can cure, in words of the page. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly remedy: Remedy | undefined;

  constructor(message: string, remedy?: Remedy, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}
