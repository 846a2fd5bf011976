/** What programs show of an architecture. */
export interface ArchitectureInfo {
  /** Its name for people. */
  readonly label: string;
  /** What it does, in a sentence or two. */
  readonly help: string;
  /** Default number of layers. */
  readonly transforms: number;
  /** Whether its layers are splines: it then takes `bins` and `bound`. */
  readonly splines: boolean;
  /** The function that makes it. */
  readonly factory: string;
  /** Types of its layers, in model files, whose codecs a lazy registry loads; none for the common ones. */
  readonly types?: readonly string[];
  /** Its layers have networks only where there is a context: without one it takes no options of networks. */
  readonly amortized?: true;
  /** The options of the function that make it this architecture. */
  readonly fixed?: { readonly coupling: true };
}
