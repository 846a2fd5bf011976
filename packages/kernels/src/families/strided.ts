/** How far apart the parameters of elements are. */
export interface Strided {
  /** Numbers from the parameters of one element to those of the next. Default: as many as they are. */
  readonly stride?: number;
}
