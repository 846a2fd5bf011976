export type { BijectionCase, BijectionTolerances, LawOptions } from "./bijection/bijection-case.ts";
export { bijectionLaws, type CheckOptions, checkBijection } from "./bijection/bijection-laws.ts";
export type { Interval } from "./bijection/test-points.ts";
export type { DistributionCase, DistributionTolerances, IntegrationGrid } from "./distribution/distribution-case.ts";
export { checkDistribution, distributionLaws } from "./distribution/distribution-laws.ts";
export { expectNoLeak } from "./expect-no-leak.ts";
export { maxError } from "./law/comparison.ts";
export type { KnownLimit, Law, LawReport } from "./law/law.ts";
export type { LawErrorDetail } from "./law/law-error.ts";
export { LawError } from "./law/law-error.ts";
export type {
  Cell,
  ColumnLike,
  DrawnHolesLike,
  HolesLike,
  TableColumnCase,
  TableDensityCase,
  TableDensityLike,
  TableDensityTolerances,
  TableLike,
} from "./table/table-density-case.ts";
export { checkTableDensity, tableDensityLaws } from "./table/table-density-laws.ts";
