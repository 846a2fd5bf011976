import { closestRecords, columnAttacks, membershipAttack, rowCopies } from "@pushforward/diagnostics";
import type { Key, Table } from "pushforward";
import { memorizedRows } from "./memorized-rows.ts";
import { nearRows } from "./near-copies.ts";
import type { ReportModel, RowScores } from "./report-model.ts";
import type { ReportRows } from "./report-rows.ts";
import { seenShare } from "./seen-share.ts";
import type { ColumnAttackReport, PrivacyReport } from "./table-report.ts";

/** Below it copies are reported as found. */
const COPIES_LEVEL = 1e-3;

/** The log-densities of the rows that an attack compares. */
export interface AttackedScores {
  readonly training: RowScores;
  readonly heldOut: RowScores | undefined;
}

/** What the model and its samples give away about training rows. */
export async function privacyOf(
  model: ReportModel,
  { training, rowNumbers, heldOut, overlap }: ReportRows,
  synthetic: Table,
  scores: AttackedScores,
  key: Key,
): Promise<PrivacyReport> {
  const { rows: _, ...counts } = rowCopies(training, synthetic);
  const copies = { ...counts, rows: synthetic.rows, found: counts.pValue < COPIES_LEVEL };
  const { near, expectedNear } = nearRows(training, synthetic);
  const hasNear = training.columns.length > 1;
  const nearCopies = hasNear ? { count: near, expected: expectedNear, rows: synthetic.rows } : null;
  const always = { copies, nearCopies, overlap };
  const memorization = await memorizedRows(model, training, rowNumbers, key.fold("memorization"));
  if (heldOut === undefined || scores.heldOut === undefined) {
    return { ...always, closestRecords: null, membership: null, memorization };
  }
  const closest = closestRecords({ training, heldOut, synthetic }, { key });
  return {
    ...always,
    closestRecords: { share: closest.share, standardError: closest.standardError },
    membership: {
      logDensity: membershipAttack(scores.training.logDensity, scores.heldOut.logDensity),
      distance: membershipAttack(closest.trainingScores, closest.heldOutScores),
      columns: attackedColumns({ training, heldOut }, scores.training, scores.heldOut),
    },
    memorization,
  };
}

function attackedColumns(
  { training, heldOut }: { readonly training: Table; readonly heldOut: Table },
  own: RowScores,
  others: RowScores,
): ColumnAttackReport[] {
  return columnAttacks(own.cells, others.cells).map(({ name, area, areaWithout, difference }) => ({
    ...{ column: name, area, areaWithout, difference: Number.isFinite(difference) ? difference : null },
    seen: seenShare(training, heldOut, name),
  }));
}
